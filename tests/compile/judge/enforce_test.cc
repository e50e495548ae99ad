// SPDX-License-Identifier: Apache-2.0
// Enforced calls: of whose plans they are, and what their programs do.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "compile/compile.h"
#include "compile/lower.h"
#include "compile/saved.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

// A policy with a hook on fd_install that notifies, and an enforcer on `function`.
std::shared_ptr<const CheckedPolicy> notifying(const std::string& name, const std::string& function,
                                               bool direct = false) {
  CheckedHook hook = fd_install({selector(Op::kEqual, {"/a"}, CheckedAction::Kind::kNotifyEnforcer)});
  CheckedAction& action = hook.selectors[0].actions[0];
  action.error = -13;
  action.signal = 9;
  action.direct = direct;
  CheckedPolicy policy = *policy_of(name, {hook});
  CheckedHook call;
  call.call = function;
  call.target = target::Function{function};
  call.attachment = Attachment::kFmodRet;
  policy.enforced.push_back(std::move(call));
  return std::make_shared<const CheckedPolicy>(std::move(policy));
}

std::string judge_of(const HookPlan& plan, const std::string& kernel = "debian-6.12") {
  ir::Program judge = lower(plan, saved_kernel(kernel), {3, 7, 1, 0}).judge;
  ir::simplify(judge);
  EXPECT_EQ(ir::verify(judge), "");
  return ir::print(judge);
}

TEST(Enforce, ACallIsOfThePlanOfItsFunction) {
  CheckedHook other = fd_install({selector(Op::kEqual, {"/b"})}, Attachment::kFmodRet);
  other.target = target::Function{"security_file_open"};
  const PlannedPolicy policies[] = {{policy_of("a", {other}), 4},
                                    {notifying("b", "security_file_open"), 5},
                                    {notifying("c", "security_file_open"), 6}};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[0].sections.size(), 1U);
  ASSERT_EQ(plans[0].enforced.size(), 2U);
  EXPECT_EQ(plans[0].enforced[1].id, 6U);
  EXPECT_EQ(plans[1].sections.size(), 2U);
  EXPECT_TRUE(plans[1].enforced.empty());
}

TEST(Enforce, APolicyThatIsLoadedAgainFindsNoOldNotices) {
  const auto policy = notifying("a", "security_file_open");
  EXPECT_EQ(notice_key(*policy, 1), notice_key(*policy, 1));
  EXPECT_NE(notice_key(*policy, 1), notice_key(*policy, 2));
  EXPECT_NE(notice_key(*policy, 1), notice_key(*notifying("b", "security_file_open"), 1));
}

TEST(Enforce, TheHookLeavesANoticeAndTheCallTakesIt) {
  const std::vector<HookPlan> plans = plan_hooks(std::vector{notifying("a", "security_file_open")});
  ASSERT_EQ(plans.size(), 2U);
  const std::string hook = judge_of(plans[0]);
  EXPECT_TRUE(hook.contains("call tl_notify(")) << hook;
  EXPECT_FALSE(hook.contains("bpf_send_signal")) << hook;
  const std::string call = judge_of(plans[1]);
  EXPECT_TRUE(call.contains("call tl_notice_take(")) << call;
  EXPECT_FALSE(call.contains("tl_slot_get")) << call;
  const Lowered lowered = lower(plans[1], saved_kernel("debian-6.12"), {});
  ASSERT_EQ(lowered.filter_plan.steps.size(), 1U);
  EXPECT_EQ(lowered.filter_plan.steps[0], "does any notice wait for an enforcer?");
}

// Whether the other program of the hook judges the call, or nobody can: the notice is taken.
TEST(Enforce, ANoticeIsTakenWhoeverJudges) {
  CheckedHook other = fd_install({selector(Op::kEqual, {"/b"})}, Attachment::kFmodRet);
  other.target = target::Function{"security_file_open"};
  const std::vector<HookPlan> plans =
      plan_hooks(std::vector{policy_of("a", {other}), notifying("b", "security_file_open")});
  const std::string judge = judge_of(plans[0]);
  const size_t taken = judge.find("call tl_taken(");
  ASSERT_NE(taken, std::string::npos);
  EXPECT_EQ(judge.find("then judged else live", taken), judge.find("then ", taken)) << judge;
  const size_t slot = judge.find("call tl_slot_get(");
  ASSERT_NE(slot, std::string::npos);
  EXPECT_EQ(judge.find("then judged else held", slot), judge.find("then ", slot)) << judge;
  EXPECT_GT(judge.find("call tl_notice_take("), judge.find("call tl_slot_put("));
}

TEST(Enforce, OnTheCallItselfItIsASignalAndAnOverride) {
  CheckedPolicy policy = *notifying("a", "security_file_open", true);
  policy.hooks[0].target = target::Function{"security_file_open"};
  policy.hooks[0].attachment = Attachment::kFmodRet;
  const std::vector<HookPlan> plans =
      plan_hooks(std::vector{std::make_shared<const CheckedPolicy>(std::move(policy))});
  ASSERT_EQ(plans.size(), 1U);
  const std::string judge = judge_of(plans[0]);
  EXPECT_TRUE(judge.contains("call bpf_send_signal(9)")) << judge;
  EXPECT_FALSE(judge.contains("tl_notify")) << judge;
  EXPECT_TRUE(judge.contains("= -13")) << judge;
  EXPECT_TRUE(plans[0].enforced.empty()) << "there are no notices to be taken";
  const Result<std::string> text = explain(plans[0], saved_kernel("debian-6.12"));
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->contains("NotifyEnforcer -13 and signal 9 on this very call, as Override does")) << *text;
}

// It can return errors alone.
TEST(Enforce, AtAnLsmHook) {
  CheckedPolicy policy = *notifying("a", "security_file_open");
  policy.enforced[0].target = target::LsmHook{"file_open"};
  policy.enforced[0].attachment = Attachment::kLsm;
  const std::vector<HookPlan> plans =
      plan_hooks(std::vector{std::make_shared<const CheckedPolicy>(std::move(policy))});
  const std::string judge = judge_of(plans[1], "debian-7.3");
  EXPECT_TRUE(judge.contains(">= -4095")) << judge;
}

// Every kernel has a library with the functions that are called.
TEST(Enforce, Links) {
  for (const char* kernel : {"debian-5.10", "debian-6.1", "debian-6.12", "debian-7.3"}) {
    for (const HookPlan& plan : plan_hooks(std::vector{notifying("a", "security_file_open")})) {
      const Result<Object> object = compile(plan, saved_kernel(kernel), {});
      ASSERT_TRUE(object) << kernel << ": " << object.error().text();
      const auto& unused = object->unused_maps;
      EXPECT_EQ(std::ranges::find(unused, "tl_notices"), unused.end());
    }
  }
}

}  // namespace
}  // namespace tripline
