// SPDX-License-Identifier: Apache-2.0
#include "client/policy_tests.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "client/hooked_code.h"

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

// What they hook is in this program, each at a place of its own.
TEST(PolicyTests, PlacesAreFilledIn) {
  const std::string places = with_places("{Program} {Number} {Other} {Texts}");
  EXPECT_TRUE(places.starts_with(own_program() + " 0x"));
  std::set<std::string> all;
  std::istringstream words(places);
  for (std::string word; words >> word;) all.insert(word);
  EXPECT_EQ(all.size(), 4U) << places;
  EXPECT_FALSE(all.contains("0x0"));
  EXPECT_EQ(call_number(7), 7);
  EXPECT_EQ(call_other(7), -7);
  EXPECT_EQ(pass_probe(7), 7);
}

TEST(PolicyTests, DeedsHaveNames) {
  for (const PolicyTest& test : policy_tests())
    for (const TestScenario& scenario : test.scenarios)
      EXPECT_EQ(deed_named(deed_name(scenario.deed)), scenario.deed) << scenario.name;
  EXPECT_FALSE(deed_named("nothing"));
}

}  // namespace
}  // namespace tripline
