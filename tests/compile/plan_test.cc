// SPDX-License-Identifier: Apache-2.0
#include "compile/plan.h"

#include <gtest/gtest.h>

#include "compile/saved.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

TEST(Plan, SectionsOnTheirOwnHooksMakeProgramsOfTheirOwn) {
  CheckedHook other = fd_install({selector(Op::kEqual, {"/a"})});
  other.function = "security_file_open";
  const std::vector policies = {policy("a", {fd_install({selector(Op::kEqual, {"/a"})}), other})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[1].function, "security_file_open");
  EXPECT_EQ(plans[1].sections[0].hook, 1U);
}

TEST(Plan, SectionsOnOneHookStandInTheOrderOfTheirPolicies) {
  const std::vector policies = {
      policy("a", {fd_install({selector(Op::kEqual, {"/a"})}), fd_install({selector(Op::kEqual, {"/b"})})}),
      policy("b", {fd_install({selector(Op::kEqual, {"/c"})})})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 1U);
  ASSERT_EQ(plans[0].sections.size(), 3U);
  EXPECT_EQ(plans[0].sections[1].policy->name, "a");
  EXPECT_EQ(plans[0].sections[1].hook, 1U);
  EXPECT_EQ(plans[0].sections[2].policy->name, "b");
  EXPECT_EQ(counters_of(plans[0]), 3U);
}

TEST(Plan, AnotherAttachmentIsAnotherHook) {
  const std::vector policies = {
      policy("a", {fd_install({selector(Op::kEqual, {"/a"})})}),
      policy("b", {fd_install({selector(Op::kEqual, {"/a"})}, Attachment::kKprobe)})};
  EXPECT_EQ(plan_hooks(policies).size(), 2U);
}

}  // namespace
}  // namespace tripline
