// SPDX-License-Identifier: Apache-2.0
#include "client/schema.h"

#include <gtest/gtest.h>

namespace tripline::client {
namespace {

void check_described(const Schema& schema, const std::string& path) {
  if (schema.items) check_described(*schema.items, path + "[]");
  for (const auto& [name, field] : schema.properties) {
    EXPECT_TRUE(!field.description.empty() || name == "metadata") << path << "." << name;
    check_described(field, path + "." + name);
  }
}

TEST(Schema, EveryFieldOfAPolicyIsDescribed) { check_described(policy_schema(), "policy"); }

TEST(Schema, Types) {
  const Schema policy = policy_schema();
  const auto field = [](const Schema& schema, std::string_view name) -> const Schema& {
    const Schema& object = schema.items ? *schema.items : schema;
    return std::ranges::find(object.properties, name,
                             [](const auto& one) { return std::string_view(one.first); })
        ->second;
  };
  const Schema& hooks = field(field(policy, "spec"), "kprobes");
  EXPECT_EQ(type_text(hooks), "[]object");
  EXPECT_EQ(type_text(field(hooks, "tags")), "[]string");
  EXPECT_EQ(type_text(field(hooks, "return")), "boolean");
  EXPECT_EQ(type_text(field(field(hooks, "args"), "index")), "integer");
  EXPECT_EQ(field(field(hooks, "args"), "type").words.front(), "auto");
  EXPECT_EQ(hooks.items->required, std::vector<std::string>{"call"});
}

}  // namespace
}  // namespace tripline::client
