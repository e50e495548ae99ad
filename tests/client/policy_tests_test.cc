// SPDX-License-Identifier: Apache-2.0
#include "client/policy_tests.h"

#include <gtest/gtest.h>

#include <set>

namespace tripline {
namespace {

TEST(PolicyTests, EachHasAPolicyOrSaysWhyNot) {
  std::set<std::string_view> names;
  for (const PolicyTest& test : policy_tests()) {
    EXPECT_TRUE(names.insert(test.name).second) << test.name;
    EXPECT_EQ(test.skipped.empty(), !test.scenarios.empty()) << test.name;
    EXPECT_EQ(test.skipped.empty(), !test.policy.empty()) << test.name;
  }
}

TEST(PolicyTests, ParametersAreFilledIn) {
  const PolicyTest& test = policy_tests()[0];
  EXPECT_TRUE(policy_of(test, {}).contains("\n  kprobes:\n"));
  EXPECT_TRUE(policy_of(test, {{"Hook", "fentries"}}).contains("\n  fentries:\n"));
  EXPECT_TRUE(policy_of(test, {}).contains("name: \"policytest-kprobe-lseek\"\n"));
  for (const PolicyTest& each : policy_tests()) EXPECT_FALSE(policy_of(each, {}).contains('{')) << each.name;
}

TEST(PolicyTests, DeedsHaveNames) {
  for (const PolicyTest& test : policy_tests())
    for (const TestScenario& scenario : test.scenarios)
      EXPECT_EQ(deed_named(deed_name(scenario.deed)), scenario.deed) << scenario.name;
  EXPECT_FALSE(deed_named("nothing"));
}

}  // namespace
}  // namespace tripline
