// SPDX-License-Identifier: Apache-2.0
#include "compile/prices.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "compile/lower.h"
#include "compile/saved.h"
#include "policy/policy.h"

namespace tripline {
namespace {

std::optional<CostRange> cost(const std::string& blocks, Attachment attachment = Attachment::kFentry) {
  const auto program = ir::parse("hook \"fentry f\"\nentry typed\nvalues 3\n\n" + blocks);
  EXPECT_TRUE(program) << program.error().text();
  return program ? cost_of_miss(*program, attachment) : std::nullopt;
}

TEST(Prices, TheCheapestAndTheDearestWay) {
  const auto range = cost(
      "start:\n  v0 = argument 0\n  if v0 == 1 then more else no\nmore:\n  v1 = argument 1\n  if v1 == 2 "
      "then maybe "
      "else no\nno:\n  return\nmaybe:\n  v2 = call tl_judge()\n  return v2\n");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->least, 1U + 2 + 2);
  EXPECT_EQ(range->most, 1U + 2 + 1 + 2 + 2);
}

TEST(Prices, WhatIsDoneForAMatchIsNoWay) {
  EXPECT_FALSE(cost("start:\n  v2 = call tl_judge()\n  return v2\n"));
  EXPECT_FALSE(cost("start:\n  call tl_count(0, 0)\n  return\n"));
}

TEST(Prices, LoadsThroughPointersThatTheKernelTrustsAreCheaper) {
  const std::string load = "start:\n  v0 = argument 0\n  v1 = u64[v0+8]\n  v2 = u64[v1+8]\n  return\n";
  const auto untrusted = cost(load);
  const auto trusted = cost(load, Attachment::kLsm);
  ASSERT_TRUE(untrusted && trusted);
  EXPECT_EQ(untrusted->least - trusted->least, 6U) << "the second is not through an argument";
}

// What `./dev bench` measured with the policies of bench/policies on debian-6.12, instructions added to a call.
struct Measured {
  const char* policy;
  uint32_t added;
};

constexpr Measured kMeasured[] = {{"equal", 168},      {"prefix14", 266}, {"permission", 138},
                                  {"lseek", 141},      {"sys-exit", 155}, {"file-open", 206},
                                  {"binaries20", 171}, {"workloads", 194}};

TEST(Prices, EstimateWhatWasMeasured) {
  constexpr uint32_t kTolerance = 5;  // percent
  const Kernel& kernel = saved_kernel("debian-6.12");
  for (const Measured& measured : kMeasured) {
    std::ifstream file(std::string(TRIPLINE_TEST_DATA) + "/../../bench/policies/" + measured.policy +
                       ".yaml");
    ASSERT_TRUE(file) << measured.policy;
    const Source source{measured.policy, std::string(std::istreambuf_iterator<char>(file), {})};
    Diagnostics diagnostics;
    const std::optional<Policy> parsed = parse(source, diagnostics);
    ASSERT_TRUE(parsed) << measured.policy;
    auto checked = check(*parsed, kernel, diagnostics);
    ASSERT_TRUE(checked) << measured.policy;
    const std::vector policies = {std::make_shared<const CheckedPolicy>(*std::move(checked))};
    const std::vector<HookPlan> plans = plan_hooks(policies);
    ASSERT_EQ(plans.size(), 1U);
    Lowered lowered = lower(plans[0], kernel, {});
    ir::simplify(lowered.filter);
    const std::optional<CostRange> cost = cost_of_miss(lowered.filter, plans[0].attachment);
    ASSERT_TRUE(cost) << measured.policy;
    const uint32_t floor = floor_price(plans[0].attachment);
    EXPECT_LE((floor + cost->least) * (100 - kTolerance), measured.added * 100) << measured.policy;
    EXPECT_GE((floor + cost->most) * (100 + kTolerance), measured.added * 100) << measured.policy;
    EXPECT_LE(cost->most, cost->least + 250) << measured.policy << ": says nothing";
  }
}

}  // namespace
}  // namespace tripline
