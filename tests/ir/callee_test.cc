// SPDX-License-Identifier: Apache-2.0
#include "ir/callee.h"

#include <gtest/gtest.h>

#include <vector>

namespace tripline::ir {
namespace {

std::vector<CType> types_of(const CalleeInfo& info) { return {info.types.begin(), info.types.end()}; }

TEST(Callee, APrototypeOfTheLibraryTakenApart) {
  const CalleeInfo& value = callee_info(Callee::tl_file_value);
  EXPECT_EQ(value.name, "tl_file_value");
  EXPECT_EQ(value.kind, CalleeKind::kLibrary);
  EXPECT_EQ(value.result, CType::kU32);
  EXPECT_EQ(types_of(value), (std::vector{CType::kFile, CType::kSlot, CType::kU32}));
  EXPECT_EQ(value.parameters, 3U);
  EXPECT_TRUE(value.has_result && !value.pure && !value.context);
}

TEST(Callee, TheContextIsNoParameterOfACall) {
  const CalleeInfo& stack = callee_info(Callee::tl_stack);
  EXPECT_EQ(stack.types.front(), CType::kContext);
  EXPECT_EQ(stack.types.size(), 5U);
  EXPECT_EQ(stack.parameters, 4U);
  EXPECT_TRUE(stack.context);
  EXPECT_EQ(callee_info(Callee::tl_judge).parameters, 0U);
}

TEST(Callee, AnIntIsAResultWhereTheRowSaysSo) {
  EXPECT_FALSE(callee_info(Callee::tl_count).has_result);
  EXPECT_TRUE(callee_info(Callee::tl_take).has_result);
  EXPECT_TRUE(callee_info(Callee::tl_judge).has_result);
}

TEST(Callee, FoundByItsName) {
  EXPECT_EQ(callee_named("bpf_preempt_enable"), Callee::bpf_preempt_enable);
  EXPECT_EQ(callee_named("tl_nothing"), std::nullopt);
}

}  // namespace
}  // namespace tripline::ir
