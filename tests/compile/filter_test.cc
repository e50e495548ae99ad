// SPDX-License-Identifier: Apache-2.0
#include "compile/filter.h"

#include <gtest/gtest.h>

#include "compile/lower.h"
#include "compile/saved.h"
#include "emit/emit.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

FilterPlan filter_of(const std::vector<CheckedSelector>& selectors,
                     Attachment attachment = Attachment::kFentry) {
  return lower(plan({policy_of("p", {fd_install(selectors, attachment)})}), saved_kernel("debian-6.12"), {})
      .filter_plan;
}

size_t size_of_filter(const std::vector<CheckedSelector>& selectors) {
  Lowered lowered = lower(plan({policy_of("p", {fd_install(selectors)})}), saved_kernel("debian-6.12"), {});
  ir::simplify(lowered.filter);
  EXPECT_EQ(ir::verify(lowered.filter), "");
  return emit(lowered.filter)->instructions.size();
}

TEST(Filter, FewSelectorsAreTestedOneByOne) {
  EXPECT_EQ(filter_of({selector(Op::kEqual, {"/a/b"})}).form, FilterForm::kStraight);
}

TEST(Filter, ManySelectorsAreMerged) {
  std::vector<CheckedSelector> many;
  for (int n = 0; n < 50; ++n) many.push_back(selector(Op::kEqual, {"/a/" + std::to_string(n)}));
  const FilterPlan filter = filter_of(many);
  EXPECT_EQ(filter.form, FilterForm::kMerged);
  EXPECT_EQ(filter.steps, (std::vector<std::string>{"last component of the path of argument 1: 50 names"}));
}

TEST(Filter, TheCheaperFormIsTaken) {
  CheckedSelector number;
  number.actions = {{CheckedAction::Kind::kPost, {}}};
  number.filters = {IntFilter{0, IntFilter::Op::kEqual, {{3, 3}}, {.line = 8}}};
  EXPECT_EQ(filter_of({selector(Op::kEqual, {"/a/b"}), number}).form, FilterForm::kStraight);
  EXPECT_EQ(filter_of({selector(Op::kEqual, {"/a/b"}), selector(Op::kEqual, {"/a/bc"}),
                       selector(Op::kEqual, {"/a/bcd"})})
                .form,
            FilterForm::kMerged);
}

TEST(Filter, AGroupAsksForAllThatItsSelectorsLookAt) {
  std::vector<CheckedSelector> many;
  for (int n = 0; n < 50; ++n) {
    CheckedSelector& each = many.emplace_back(selector(Op::kEqual, {"/etc/same"}));
    FactFilter fact;
    fact.clause.paths = {"/bin/" + std::to_string(n)};
    each.filters.emplace_back(fact);
  }
  EXPECT_EQ(filter_of(many).steps,
            (std::vector<std::string>{"last component of the path of argument 1: 50 names",
                                      "facts about the calling process"}));
}

TEST(Filter, ASelectorThatCanMatchAnyCallMakesItUseless) {
  EXPECT_EQ(filter_of({selector(Op::kEqual, {"/a"}), selector(Op::kNotEqual, {"/a"})}).form,
            FilterForm::kNone);
  CheckedSelector bare;
  bare.actions = {{CheckedAction::Kind::kPost, {}}};
  EXPECT_EQ(filter_of({bare}).form, FilterForm::kNone);
}

TEST(Filter, PlainAddressesAreNotRead) {
  EXPECT_EQ(filter_of({selector(Op::kEqual, {"/a"})}, Attachment::kKprobe).form, FilterForm::kNone);
}

TEST(Filter, IntegersAreTestedFirst) {
  CheckedSelector both = selector(Op::kEqual, {"/a/b"});
  both.filters.push_back(IntFilter{0, IntFilter::Op::kEqual, {{3, 3}}, {.line = 8}});
  EXPECT_EQ(filter_of({both}).steps,
            (std::vector<std::string>{"argument 0 as integer  ; p.yaml:8",
                                      "last component of the path of argument 1: 1 names  ; p.yaml:7"}));
}

TEST(Filter, GrowsSlowerThanTheNumberOfPolicies) {
  std::vector<CheckedSelector> few;
  std::vector<CheckedSelector> many;
  for (int n = 0; n < 1000; ++n) {
    many.push_back(selector(Op::kEqual, {"/a/name-" + std::to_string(10000 + n)}));
    if (n < 10) few.push_back(many.back());
  }
  // One comparison with its number for each name, and the tree above them.
  EXPECT_LT(size_of_filter(many), 1000U * 12);
  EXPECT_GT(size_of_filter(many), size_of_filter(few));
}

}  // namespace
}  // namespace tripline
