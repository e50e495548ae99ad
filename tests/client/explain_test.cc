// SPDX-License-Identifier: Apache-2.0
#include "client/explain.h"

#include <gtest/gtest.h>

#include "client/commands.h"
#include "client/shape.h"
#include "flags/parse.h"

namespace tripline {
namespace {

std::expected<std::string, std::string> explain(std::vector<std::string_view> words) {
  words.insert(words.begin(), "explain");
  return explained(std::get<flags::Parsed>(flags::parse(tetra_command(), words)));
}

TEST(Explain, AField) {
  EXPECT_EQ(explain({"tgtp.spec.kprobes[0].args.type"}),
            "KIND:     TracingPolicy\nVERSION:  v1alpha1\n\nFIELD:    type <string>\n\n"
            "DESCRIPTION:\n     Argument type.\n\n");
  EXPECT_EQ(explain({"TRACINGPOLICYNAMESPACED.metadata"}),
            "KIND:     TracingPolicyNamespaced\nVERSION:  v1alpha1\n\nFIELD:    metadata <object>\n\n");
}

TEST(Explain, Refuses) {
  EXPECT_EQ(explain({}).error(), "accepts 1 arg(s), received 0");
  EXPECT_EQ(explain({"tgtp", "--api-version", "v2"}).error(), "version v2 not found");
  EXPECT_TRUE(
      explain({"tgtp.spec.nosuch"}).error().starts_with(R"(field "nosuch" not found in "tgtp.spec.nosuch")"));
}

void check_described(const Shape& shape, const std::string& path) {
  for (const Shape& field : shape.fields) {
    const auto text = explain({path + "." + field.name});
    ASSERT_TRUE(text) << path;
    EXPECT_TRUE(text->contains("DESCRIPTION:\n")) << path << "." << field.name;
    check_described(field, path + "." + field.name);
  }
}

TEST(Explain, EveryFieldOfAPolicyIsDescribed) {
  const std::vector<Resource> all = resources();
  for (const Shape& field : all.front().shape.fields)
    if (field.name == "spec") check_described(field, "tracingpolicy.spec");
}

}  // namespace
}  // namespace tripline
