// SPDX-License-Identifier: Apache-2.0
#include "agent/numbers.h"

#include <gtest/gtest.h>

#include "agent/made_up.h"

namespace tripline {
namespace {

TEST(Numbers, RunsDoNotWrapAndAreUsedInTurn) {
  Numbers numbers(5);
  EXPECT_EQ(numbers.take(2), 0U);
  EXPECT_EQ(numbers.take(2), 2U);
  EXPECT_FALSE(numbers.take(2));
  numbers.put(0, 2);
  EXPECT_EQ(numbers.taken(), 2U);
  EXPECT_EQ(numbers.take(1), 4U) << "the one that has been free for longest";
  EXPECT_EQ(numbers.take(2), 0U);
  EXPECT_FALSE(numbers.take(1));
  EXPECT_FALSE(numbers.take(6));
}

TEST(Numbers, AClaimTakesAllOrNothing) {
  Book book(1);
  const PlannedPolicy planned[] = {{watch("a"), 2}, {watch("b"), 3}};
  const std::vector<HookPlan> plans = plan_hooks(planned);
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_FALSE(make_claim(book, plans[0], {0, 1}, 3));
  EXPECT_EQ(book.slots.taken(), 0U);
  const std::vector<HookPlan> one = plan_hooks(std::span(planned, 1));
  const Result<Claim> claim = make_claim(book, one[0], {5}, 3);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->numbers.modes, std::vector<uint32_t>{5});
  EXPECT_EQ(claim->numbers.born, 3U);
  EXPECT_EQ(book.slots.taken() + book.counters.taken(), 2U);
  drop_claim(book, *claim);
  EXPECT_EQ(book.slots.taken() + book.counters.taken(), 0U);
}

}  // namespace
}  // namespace tripline
