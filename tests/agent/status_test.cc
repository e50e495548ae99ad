// SPDX-License-Identifier: Apache-2.0
#include "agent/status.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

PolicyStatus status_of(const CheckedPolicy& policy, const PartCounts& counts) {
  return tripline::status_of({.policy = std::make_shared<const CheckedPolicy>(policy)}, policy.enforce,
                             counts);
}

CheckedHook hook_of(HookKind kind, const std::string& call, uint32_t index, size_t selectors = 1) {
  CheckedHook hook;
  hook.kind = kind;
  hook.call = call;
  hook.index = index;
  hook.selectors.resize(selectors);
  return hook;
}

TEST(Status, ModesAndStates) {
  CheckedPolicy policy{.name = "p"};
  EXPECT_FALSE(status_of(policy, {}).mode);
  policy.hooks.push_back(hook_of(HookKind::kKprobe, "f", 0));
  EXPECT_EQ(status_of(policy, {}).mode, PolicyMode::kEnforce);
  policy.enforce = false;
  EXPECT_EQ(status_of(policy, {}).mode, PolicyMode::kMonitor);
  policy.monitor_only = true;
  EXPECT_EQ(status_of(policy, {}).mode, PolicyMode::kMonitorOnly);
  EXPECT_EQ(status_of(policy, {}).state, PolicyState::kEnabled);
  policy.partial = true;
  EXPECT_EQ(status_of(policy, {}).state, PolicyState::kPartiallyEnabled);
  EXPECT_TRUE(status_of(policy, {}).selectors.empty());
  EXPECT_EQ(tripline::status_of({.policy = std::make_shared<const CheckedPolicy>(policy), .enabled = false},
                                false, {})
                .state,
            PolicyState::kDisabled);
  policy.namespace_name = "space";
  EXPECT_EQ(status_of(policy, {}).namespace_name, "space");
}

TEST(Status, HooksAreNamedAsTheyAreWritten) {
  CheckedPolicy policy;
  policy.hooks = {hook_of(HookKind::kKprobe, "sys_lseek", 0), hook_of(HookKind::kFentry, "fd_install", 0),
                  hook_of(HookKind::kTracepoint, "sched_switch", 0), hook_of(HookKind::kLsm, "file_open", 0)};
  policy.hooks[2].target = target::Tracepoint{"sched", "sched_switch"};
  PartCounts counts;
  for (const CheckedHook& hook : policy.hooks) counts[{hook.kind, 0, 0, false}].posted = 1;
  std::vector<std::string> names;
  for (const SelectorStatus& selector : status_of(policy, counts).selectors) names.push_back(selector.hook);
  EXPECT_EQ(names, (std::vector<std::string>{"kprobe:sys_lseek", "fentry:fd_install",
                                             "tracepoint:sched/sched_switch", "lsm:file_open"}));
}

TEST(Status, TheFunctionsOfAListAreOneSection) {
  CheckedPolicy policy;
  policy.hooks = {hook_of(HookKind::kKprobe, "f", 0), hook_of(HookKind::kKprobe, "list:l", 1, 2),
                  hook_of(HookKind::kKprobe, "list:l", 1, 2), hook_of(HookKind::kKprobe, "g", 2)};
  policy.hooks[1].selectors[1].label = "second";
  const tl_counter seven{.posted = 7};
  const PolicyStatus status = status_of(policy, {{{HookKind::kKprobe, 1, 1, false}, seven}});
  ASSERT_EQ(status.selectors.size(), 1U);
  EXPECT_EQ(status.selectors[0], (SelectorStatus{.hook = "kprobe:list:l",
                                                 .hook_index = 1,
                                                 .selector_index = 1,
                                                 .counts = {.post = 7},
                                                 .label = "second"}));
}

// The document has no selector that the counts could be shown for.
TEST(Status, CountsOfHooksWithoutSelectors) {
  CheckedPolicy policy;
  policy.hooks = {hook_of(HookKind::kUprobe, "/lib/l", 0), hook_of(HookKind::kUsdt, "probe", 0),
                  hook_of(HookKind::kUprobe, "/lib/l", 1)};
  policy.hooks[0].selectors[0].implied = true;
  policy.hooks[1].selectors[0].implied = true;
  const PolicyStatus status =
      status_of(policy, {{{HookKind::kUprobe, 0, 0, false}, {.posted = 7}},
                         {{HookKind::kUsdt, 0, 0, false}, {.posted = 20, .unposted = 1}},
                         {{HookKind::kUprobe, 1, 0, false}, {.posted = 300}}});
  EXPECT_EQ(status.unselected, (ActionCounts{.post = 27, .nopost = 1}));
  ASSERT_EQ(status.selectors.size(), 1U);
  EXPECT_EQ(status.selectors[0].counts, (ActionCounts{.post = 300}));
}

// What is lost or held back is not posted. Of a call that is posted at its return the beginning counts, and what the
// return does.
TEST(Status, WhatIsCounted) {
  CheckedPolicy policy;
  policy.hooks = {hook_of(HookKind::kKprobe, "f", 0)};
  const tl_counter entry{.lost = 100,
                         .unposted = 2,
                         .signals = 3,
                         .monitored_signals = 4,
                         .overrides = 5,
                         .monitored_overrides = 6,
                         .sets = 7,
                         .monitored_sets = 8,
                         .opened = 9};
  const tl_counter back{.posted = 50, .unposted = 60, .signals = 10, .returned = 9};
  const PolicyStatus status =
      status_of(policy, {{{HookKind::kKprobe, 0, 0, false}, entry}, {{HookKind::kKprobe, 0, 0, true}, back}});
  ASSERT_EQ(status.selectors.size(), 1U);
  EXPECT_EQ(status.selectors[0].counts, (ActionCounts{.post = 9,
                                                      .signal = 13,
                                                      .monitor_signal = 4,
                                                      .override_return = 5,
                                                      .monitor_override = 6,
                                                      .set = 7,
                                                      .monitor_set = 8,
                                                      .nopost = 2}));
}

TEST(Status, ALoaderAloneHasNoMode) {
  CheckedPolicy policy;
  policy.hooks = {hook_of(HookKind::kLoader, "loader", 0)};
  const PolicyStatus alone = status_of(policy, {{{HookKind::kLoader, 0, 0, false}, {.posted = 3}}});
  EXPECT_FALSE(alone.mode);
  EXPECT_TRUE(alone.selectors.empty());
  EXPECT_EQ(alone.sensors, std::vector<std::string>{"__loader__"});
  policy.hooks.push_back(hook_of(HookKind::kKprobe, "f", 0));
  EXPECT_TRUE(status_of(policy, {}).mode);
}

TEST(Status, EnforcersAndTheirNotices) {
  CheckedPolicy policy;
  policy.enforced = {hook_of(HookKind::kKprobe, "sys_prctl", 0)};
  EXPECT_TRUE(status_of(policy, {}).mode) << "enforcers are programs, too";
  policy.hooks = {hook_of(HookKind::kKprobe, "f", 0)};
  const PolicyStatus status =
      status_of(policy, {{{HookKind::kKprobe, 0, 0, false}, {.notices = 2, .monitored_notices = 3}}});
  EXPECT_EQ(status.sensors, (std::vector<std::string>{"__enforcer__", "generic_kprobe"}));
  ASSERT_EQ(status.selectors.size(), 1U);
  EXPECT_EQ(status.selectors[0].counts, (ActionCounts{.notify_enforcer = 2, .monitor_notify_enforcer = 3}));
}

TEST(Status, SelectorsThatCountedNothingAreLeftOut) {
  CheckedPolicy policy;
  policy.hooks = {hook_of(HookKind::kKprobe, "f", 0)};
  const tl_counter lost{.lost = 1};
  EXPECT_TRUE(status_of(policy, {{{HookKind::kKprobe, 0, 0, false}, lost}}).selectors.empty());
}

}  // namespace
}  // namespace tripline
