// SPDX-License-Identifier: Apache-2.0
#include "metrics/state.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

Page shown(const AgentState& state) {
  Page page;
  show(state, page);
  return page;
}

double value(const Page& page, Metric metric, const LabelValues& labels = {}) {
  const auto found = page.numbers(metric).find(labels);
  return found == page.numbers(metric).end() ? -1 : found->second;
}

TEST(ShowState, Policies) {
  AgentState state;
  PolicyStatus good{.name = "a", .namespace_name = "n", .kernel_memory = 4096, .generation = 3};
  good.selectors = {{"kprobe:sys_lseek", 1, 2, {.post = 3, .monitor_override = 4}, "why"}};
  state.policies = {good,
                    {.name = "bad", .state = PolicyState::kLoadError},
                    {.name = "off", .state = PolicyState::kDisabled},
                    {.name = "elsewhere", .state = PolicyState::kSkipped}};
  const Page page = shown(state);
  EXPECT_EQ(value(page, Metric::tracingpolicy_loaded, {"enabled"}), 1);
  EXPECT_EQ(value(page, Metric::tracingpolicy_loaded, {"load_error"}), 1);
  EXPECT_EQ(value(page, Metric::tracingpolicy_loaded, {"disabled"}), 1);
  EXPECT_EQ(value(page, Metric::tracingpolicy_loaded, {"skipped"}), 1);
  EXPECT_EQ(value(page, Metric::tracingpolicy_kernel_memory_bytes, {"a", "n"}), 4096);
  EXPECT_EQ(value(page, Metric::tracingpolicy_kernel_memory_bytes, {"bad", ""}), 0);
  const Page::Numbers actions = {{{"monitor_override", "kprobe:sys_lseek", "1", "a", "n", "2", "why"}, 4},
                                 {{"post", "kprobe:sys_lseek", "1", "a", "n", "2", "why"}, 3}};
  EXPECT_EQ(page.numbers(Metric::tracingpolicy_selector_actions_total), actions);
}

TEST(ShowState, ProgramsStandBesideEachPolicyOfTheirHook) {
  AgentState state;
  state.policies = {{.name = "a", .generation = 3}, {.name = "b", .generation = 4}};
  ProgramFacts hook{.target = "fd_install", .skipped = 7};
  hook.passed_over = 2;
  hook.section = "fentry";
  hook.runs = 10;
  hook.run_time = 5'000'000'000;
  ProgramFacts life{.target = "sched_process_exec"};
  life.section = "tp_btf";
  ProgramFacts scan{.target = "task", .attach = Attachment::kIterator};
  state.figures.programs = {{life}, {scan}, {hook, {{3, HookKind::kKprobe}, {4, HookKind::kTracepoint}}}};
  const Page page = shown(state);
  EXPECT_EQ(value(page, Metric::overhead_program_runs_total,
                  {"fd_install", "a", "", "fentry/fd_install", "generic_kprobe"}),
            10);
  EXPECT_EQ(value(page, Metric::overhead_program_seconds_total,
                  {"fd_install", "b", "", "fentry/fd_install", "generic_tracepoint"}),
            5);
  EXPECT_EQ(value(page, Metric::overhead_program_runs_total,
                  {"sched_process_exec", "__base__", "", "tp_btf/sched_process_exec", "__base__"}),
            0);
  EXPECT_EQ(page.numbers(Metric::overhead_program_runs_total).size(), 3U) << "nothing of what is no hook";
  EXPECT_EQ(value(page, Metric::missed_prog_probes_total, {"fd_install", "a"}), 5);
  EXPECT_EQ(value(page, Metric::missed_link_probes_total, {"fd_install", "a"}), 2);
  EXPECT_EQ(value(page, Metric::missed_link_probes_total, {"fd_install", "b"}), -1)
      << "a tracepoint has none";
  EXPECT_EQ(value(page, Metric::hook_runs_total, {"fd_install"}), 10);
  EXPECT_EQ(value(page, Metric::hook_seconds_total, {"fd_install"}), 5);
  EXPECT_EQ(value(page, Metric::hook_skipped_calls_total, {"fd_install"}), 0);
}

TEST(ShowState, Losses) {
  auto policy = std::make_shared<CheckedPolicy>();
  policy->name = "a";
  policy->hooks.emplace_back().kind = HookKind::kLsm;
  AgentState state;
  state.losses.policies.push_back({.policy = policy,
                                   .counter = {.posted = 10, .lost = 3, .opened = 4},
                                   .delivered = 8,
                                   .alone = 1,
                                   .cut = 2,
                                   .forgotten = 5});
  state.losses.policies.push_back({.counter = {.posted = 6}, .delivered = 6});
  state.losses.life_lost = 9;
  state.losses.damaged = 1;
  state.losses.skipped = {{"fd_install", 11}};
  state.losses.unloaded = {"f"};
  const Page page = shown(state);
  EXPECT_EQ(value(page, Metric::policy_posted_total, {"a", ""}), 10);
  EXPECT_EQ(value(page, Metric::policy_delivered_total, {"a", ""}), 8);
  EXPECT_EQ(value(page, Metric::policy_delivered_total, {"_gone", ""}), 6);
  EXPECT_EQ(value(page, Metric::policy_lost_total, {"a", "", "ring"}), 3);
  EXPECT_EQ(value(page, Metric::policy_lost_total, {"a", "", "alone"}), 1);
  EXPECT_EQ(value(page, Metric::policy_lost_total, {"a", "", "cut"}), 2);
  EXPECT_EQ(value(page, Metric::policy_lost_total, {"a", "", "forgotten"}), 5);
  EXPECT_EQ(value(page, Metric::bpf_missed_events_total, {"EAGAIN", "16"}), 3);
  EXPECT_EQ(value(page, Metric::bpf_missed_events_total, {"EAGAIN", "0"}), 9);
  EXPECT_EQ(value(page, Metric::observer_ringbuf_events_lost_total), 12);
  EXPECT_EQ(value(page, Metric::life_lost_total), 9);
  EXPECT_EQ(value(page, Metric::generic_kprobe_merge_pushed_total), 4);
  EXPECT_EQ(value(page, Metric::handler_errors_total, {"unknown_opcode", "0"}), 1);
  EXPECT_EQ(value(page, Metric::hook_skipped_calls_total, {"fd_install"}), 11);
  EXPECT_EQ(value(page, Metric::unloaded_hooks), 1);
}

// All kinds of records have a series from the start, so none that comes later is a surprise.
TEST(ShowState, KindsOfRecordsHaveTheNumbersOfTheTable) {
  AgentState state;
  for (const HookKind kind : {HookKind::kKprobe, HookKind::kFentry, HookKind::kTracepoint, HookKind::kLsm,
                              HookKind::kUprobe, HookKind::kUsdt, HookKind::kLoader}) {
    auto policy = std::make_shared<CheckedPolicy>();
    policy->hooks.emplace_back().kind = kind;
    state.losses.policies.push_back({.policy = policy, .counter = {.posted = 10, .lost = 3}});
  }
  const Page page = shown(state);
  EXPECT_EQ(page.numbers(Metric::msg_op_total).size(), Page().numbers(Metric::msg_op_total).size());
  EXPECT_EQ(page.histograms(Metric::handling_latency).size(),
            Page().histograms(Metric::handling_latency).size());
  const auto& lost = page.numbers(Metric::bpf_missed_events_total);
  EXPECT_EQ(lost.size(), 6U);
  for (const auto& [labels, count] : lost)
    EXPECT_TRUE(page.numbers(Metric::msg_op_total).contains({labels[1]})) << labels[1];
  EXPECT_EQ(lost.at({"EAGAIN", "13"}), 6) << "kprobes and fentries";
  EXPECT_EQ(lost.at({"EAGAIN", "28"}), 3);
}

TEST(ShowState, DataAheadOfEvents) {
  AgentState state;
  state.figures.records.of(RecordKind::kData).records = 9;
  for (const double size : {500.0, 1000.0, 32000.0}) state.figures.records.data_sizes.add(size);
  state.figures.data = {
      .added = 4, .appended = 3, .bad = 2, .matched = 1, .not_matched = 5, .evicted = 6, .waiting = 7};
  const Page page = shown(state);
  const Page::Numbers events = {{{"Added"}, 4},   {{"Appended"}, 3},   {{"Bad"}, 2},
                                {{"Matched"}, 1}, {{"NotMatched"}, 5}, {{"Received"}, 9}};
  EXPECT_EQ(page.numbers(Metric::data_events_total), events);
  EXPECT_EQ(page.histograms(Metric::data_event_size).at({"ok"}).counts[0], 2U);
  EXPECT_EQ(page.histograms(Metric::data_event_size).at({"ok"}).sum, 33500);
  EXPECT_EQ(value(page, Metric::data_cache_size), 7);
  EXPECT_EQ(value(page, Metric::data_cache_evictions_total), 6);
}

TEST(ShowState, NoticesThatNoneTook) {
  AgentState state;
  state.figures.missed = {{"a", "prctl", "overwritten", 3}, {"a", "fd_install", "no_action", 4}};
  const Page page = shown(state);
  EXPECT_EQ(value(page, Metric::enforcer_missed_notifications_total, {"prctl", "a", "overwritten"}), 3);
  EXPECT_EQ(value(page, Metric::enforcer_missed_notifications_total, {"fd_install", "a", "no_action"}), 4);
}

TEST(ShowState, CgroupsOfContainers) {
  AgentState state;
  state.pods.residents = 5;
  state.pods.looked_for = 2;
  state.cgroups_lost = 7;
  const Page page = shown(state);
  EXPECT_EQ(value(page, Metric::containers, {"found"}), 3);
  EXPECT_EQ(value(page, Metric::cgroups_lost), 7);
}

TEST(ShowState, RecordsRingsAndReaders) {
  AgentState state;
  state.figures.records.of(RecordKind::kLoader).records = 6;
  state.figures.records.of(RecordKind::kKprobe).records = 5;
  state.figures.records.of(RecordKind::kKprobe).latency.add(70);
  state.figures.records.of(RecordKind::kFork).records = 2;
  state.figures.life = {100, 20, 30};
  state.figures.maps = {{"tl_entries", 3, 4096}};
  state.figures.changes.done = 4;
  state.figures.changes.swap.add(0.02);
  state.readers = {{0, 0, 10, 1}, {7, 2, 20, 3}};
  state.exported = {.events = 8, .bytes = 900, .lost = 1, .rate_limited = 2, .last = 1'500'000'000};
  const Page page = shown(state);
  EXPECT_EQ(value(page, Metric::msg_op_total, {"13"}), 5);
  EXPECT_EQ(value(page, Metric::msg_op_total, {"23"}), 2);
  EXPECT_EQ(value(page, Metric::msg_op_total, {"26"}), 6);
  EXPECT_EQ(value(page, Metric::process_loader_stats, {"LoaderReceived"}), 6);
  EXPECT_EQ(value(page, Metric::observer_ringbuf_events_received_total), 13);
  EXPECT_EQ(page.histograms(Metric::handling_latency).at({"13"}).counts[1], 1U);
  EXPECT_EQ(value(page, Metric::ring_size_bytes, {"life"}), 100);
  EXPECT_EQ(value(page, Metric::ring_used_bytes, {"life"}), 20);
  EXPECT_EQ(value(page, Metric::ring_peak_bytes, {"life"}), 30);
  EXPECT_EQ(value(page, Metric::map_entries, {"tl_entries"}), 3);
  EXPECT_EQ(value(page, Metric::policy_changes_total, {"ok"}), 4);
  EXPECT_EQ(page.histograms(Metric::policy_swap_seconds).at({}).sum, 0.02);
  EXPECT_EQ(value(page, Metric::reader_delivered_total, {"7"}), 20);
  EXPECT_EQ(value(page, Metric::reader_lost_total, {"gone"}), 1);
  EXPECT_EQ(value(page, Metric::reader_queue_events, {"7"}), 2);
  EXPECT_EQ(value(page, Metric::notify_overflowed_events_total), 4);
  EXPECT_EQ(value(page, Metric::reader_lost_total, {"export"}), 1);
  EXPECT_EQ(value(page, Metric::events_exported_total), 8);
  EXPECT_EQ(value(page, Metric::events_last_exported_timestamp), 1.5);
}

}  // namespace
}  // namespace tripline
