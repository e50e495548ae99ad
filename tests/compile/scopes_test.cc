// SPDX-License-Identifier: Apache-2.0
#include "compile/scopes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tripline {
namespace {

Scope of(const std::string& name_space) {
  return {.containers = Scope::Containers{.name_space = name_space, .pod = {}, .container = {}},
          .host = false};
}

ScopeNeeds many(size_t first, size_t count) {
  ScopeNeeds out;
  for (size_t n = 0; n < count; ++n) out.push_back(of(std::to_string(first + n)));
  return out;
}

TEST(Scopes, EachOnceInTheOrderOfSections) {
  CheckedPolicy policy;
  policy.scope = of("a");
  CheckedHook hook;
  hook.selectors.resize(3);
  hook.selectors[0].scope = of("b");
  hook.selectors[2].scope = of("a");
  policy.hooks = {hook};
  HookPlan plan;
  plan.sections.push_back({std::make_shared<const CheckedPolicy>(policy), 0, nullptr, 1});
  plan.sections.push_back(plan.sections.front());
  EXPECT_EQ(scopes_of({&plan, 1}), (ScopeNeeds{of("a"), of("b")}));
  plan.attachment = Attachment::kFexit;
  EXPECT_EQ(scopes_of({&plan, 1}), (ScopeNeeds{of("b"), of("a")})) << "the policy was asked at the entry";
}

TEST(Scopes, BitsNeverMoveAndAreNotSharedWithWhatGoes) {
  const ScopeTable first = scope_table(many(0, 40));
  ScopeNeeds needs = many(20, 20);
  for (const Scope& each : many(100, 20)) needs.push_back(each);
  const auto second = extended(first, needs);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->covers(needs));
  EXPECT_FALSE(second->bits.contains(of("0")));
  EXPECT_EQ(second->words, first.words);
  std::set<uint32_t> old;
  for (const auto& [scope, bit] : first.bits) old.insert(bit);
  std::set<uint32_t> all;
  for (const auto& [scope, bit] : second->bits) {
    EXPECT_TRUE(all.insert(bit).second) << "a bit has two scopes";
    if (const auto before = first.bits.find(scope); before != first.bits.end())
      EXPECT_EQ(before->second, bit);
    else
      EXPECT_FALSE(old.contains(bit)) << "programs that are still there read it";
  }
  // What went is free for the next one.
  const auto third = extended(*second, many(20, 40));
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->covers(many(20, 40)));
}

TEST(Scopes, WithoutRoomThereIsNone) {
  const ScopeTable table = scope_table(many(0, 1));
  EXPECT_EQ(table.words, 1U);
  EXPECT_TRUE(extended(table, many(0, 64)));
  EXPECT_FALSE(extended(table, many(0, 65)));
  EXPECT_FALSE(extended(scope_table(many(0, 40)), many(100, 40))) << "the old ones are not free yet";
  EXPECT_GE(scope_words_for(1000) * 64, 1500U);
  EXPECT_EQ(scope_table(many(0, 65)).place(of("64")).word, 1U);
  EXPECT_EQ(scope_table(many(0, 65)).place(of("64")).bit, 1U);
}

}  // namespace
}  // namespace tripline
