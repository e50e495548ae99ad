// SPDX-License-Identifier: Apache-2.0
#include "compile/reason.h"

#include <gtest/gtest.h>

#include "compile/saved.h"
#include "pods/scope.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

TEST(ReasonOf, NamesTheFiltersAndTheirLines) {
  CheckedSelector labelled = selector(Op::kPrefix, {"/etc/", "/usr\n/"});
  labelled.label = "secrets";
  labelled.filters.emplace_back(IntFilter{0, IntFilter::Op::kInRange, {{1, 1}, {3, 9}}, {8, 9, 4}});
  const HookPlan hook = plan({policy_of("p", {fd_install({selector(Op::kEqual, {"/a"}), labelled})})});
  EXPECT_EQ(*reason_of(hook.sections[0], 1),
            (Reason{.file = "p.yaml",
                    .line = 6,
                    .selector = 1,
                    .label = "secrets",
                    .implied = false,
                    .held = {{R"(args[1] Prefix "/etc/" "/usr\x0a/")", 7}, {"args[0] InRange 1 3:9", 8}}}));
}

TEST(ReasonOf, LongListsAreCut) {
  std::vector<std::string> names;
  for (int n = 0; n < 1000; ++n) names.push_back("/" + std::to_string(n));
  const HookPlan hook = plan({policy_of("p", {fd_install({selector(Op::kEqual, names)})})});
  EXPECT_EQ(reason_of(hook.sections[0], 0)->held.at(0).text,
            R"(args[1] Equal "/0" "/1" "/2" "/3" "/4" "/5" "/6" "/7" and 992 more)");
}

TEST(ReasonOf, OfAHookWithoutSelectorsIsWhereTheHookIs) {
  CheckedSelector all{.actions = {{}}};
  all.implied = true;
  CheckedHook hook = fd_install({all});
  hook.span = {4, 3, 1};
  const Reason reason = *reason_of(plan({policy_of("p", {hook})}).sections[0], 0);
  EXPECT_EQ(reason.line, 4U);
  EXPECT_TRUE(reason.implied);
  EXPECT_TRUE(reason.held.empty());
}

// What a call is asked when it begins, and what when it returns, are told apart.
TEST(ReasonOf, AReturnHasFiltersOfItsOwn) {
  CheckedSelector both = selector(Op::kEqual, {"/a"});
  both.return_filters = {IntFilter{0, IntFilter::Op::kLess, {{0, 0}}, {19, 9, 4}}};
  both.return_actions = {{}};
  CheckedHook hook = fd_install({both});
  hook.result = CheckedArg{.type = ArgType::kInt32, .source = {.kind = ArgSource::Kind::kResult}};
  const auto policies = std::vector{policy_of("p", {hook})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(reason_of(plans[0].sections[0], 0)->held, (std::vector<HeldFilter>{{"args[0] LT 0", 19}}));
  EXPECT_EQ(reason_of(plans[1].sections[0], 0)->held,
            (std::vector<HeldFilter>{{R"(args[1] Equal "/a")", 7}}));
}

// Functions of a list share one.
TEST(ReasonOf, IsInTheSchema) {
  const Result<Object> object = compile(plan({policy_of("p", {fd_install({selector(Op::kEqual, {"/a"})})})}),
                                        saved_kernel("debian-6.12"), {});
  ASSERT_TRUE(object);
  const SelectorInfo& info = object->schemas.at(0).selectors.at(0);
  ASSERT_TRUE(info.reason);
  EXPECT_EQ(info.reason->file, "p.yaml");
}

}  // namespace
}  // namespace tripline
