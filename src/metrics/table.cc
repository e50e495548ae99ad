// SPDX-License-Identifier: Apache-2.0
#include "metrics/table.h"

#include <algorithm>
#include <iterator>

#include "agent/change_times.h"
#include "agent/record_counts.h"

namespace tripline {
namespace {

// Labels that are in order, each once.
constexpr bool in_order(std::string_view labels) {
  std::string_view before;
  while (!labels.empty()) {
    const std::string_view label = labels.substr(0, labels.find(' '));
    if (label <= before) return false;
    before = label;
    labels.remove_prefix(std::min(label.size() + 1, labels.size()));
  }
  return true;
}
static_assert(std::ranges::all_of(kMetrics, [](const MetricInfo& one) { return in_order(one.labels); }));

constexpr std::string_view kOps = "13|14|15|16|23|24|25|26|27|28|5|7";
constexpr std::string_view kOpcodes = "0|13|14|15|16|23|24|25|26|27|28|5|7";
constexpr std::string_view kEntries = "ancestors_info|parent_info|pod_info|process_info";
constexpr std::string_view kTypes =
    "PROCESS_EXEC|PROCESS_EXIT|PROCESS_KPROBE|PROCESS_LOADER|PROCESS_LSM|PROCESS_THROTTLE|PROCESS_TRACEPOINT|"
    "PROCESS_UPROBE|PROCESS_USDT|RATE_LIMIT_INFO";

constexpr InitialSeries kInitial[] = {
    {Metric::flags_total,
     {"clone|dataArgs|dataFilename|errorArgs|errorCWD|errorCgroupID|errorCgroupName|errorCgroupSubsys|"
      "errorCgroupSubsysCgrp|errorCgroups|errorEnvs|errorFilename|errorPathResolutionCwd|execve|inInitTree|"
      "miss|nocwd|procFS|rootcwd|truncArgs"}},
    {Metric::msg_op_total, {kOps}},
    {Metric::handling_latency, {kOps}},
    {Metric::handler_errors_total, {"event_handler_failed|perf_empty_data|unknown_opcode", kOpcodes}},
    {Metric::errors_total,
     {"event_finalize_process_info_failed|process_metadata_username_failed|process_pid_tid_mismatch_clone|"
      "process_pid_tid_mismatch_exec|process_pid_tid_mismatch_exit"}},
    {Metric::debug_events_total, {"process_metadata_username_ignored_not_in_host_namespaces"}},
    {Metric::tracingpolicy_loaded, {"disabled|enabled|error|load_error|partially_enabled|skipped"}},
    {Metric::policyfilter_operations_total,
     {"|generic-error|pod-namespace-conflict", "add|add-container|delete|update", "pod-handlers|rthooks"}},
    {Metric::process_cache_misses_total, {"get|remove"}},
    {Metric::event_cache_errors_total, {"nil_process_pid", kTypes}},
    {Metric::event_cache_fetch_retries_total, {kEntries}},
    {Metric::event_cache_fetch_failures_total, {kEntries, kTypes}},
    {Metric::data_cache_misses_total, {"get|remove"}},
    {Metric::data_events_total, {"Added|Appended|Bad|Matched|NotMatched|Received"}},
    {Metric::data_event_size, {"bad|ok"}},
    {Metric::process_loader_stats, {"LoaderReceived|LoaderResolvedImm|LoaderResolvedRetry"}},
    {Metric::cgroup_rate_total,
     {"check|delete|delete_fail|lookup_fail|process|throttle_start|throttle_stop|update_fail"}},
    {Metric::watcher_events_total, {"k8s"}},
    {Metric::watcher_errors_total, {"failed_to_get_pod", "k8s"}},
    {Metric::policy_changes_total, {"failed|ok"}},
    {Metric::reader_delivered_total, {"export|gone"}},
    {Metric::reader_lost_total, {"export|gone"}},
    {Metric::ring_size_bytes, {"events|life"}},
    {Metric::ring_used_bytes, {"events|life"}},
    {Metric::ring_peak_bytes, {"events|life"}},
    {Metric::metric_handler_errors_total, {"encoding|gathering"}},
};

constexpr bool names_all_labels(const InitialSeries& one) {
  const size_t labels = label_count(metric_info(one.metric).labels);
  for (size_t n = 0; n < kInitialLabels; ++n) {
    if (one.values.at(n).empty() != (n >= labels)) return false;
  }
  return labels <= kInitialLabels;
}
static_assert(std::ranges::all_of(kInitial, names_all_labels));

}  // namespace

std::span<const InitialSeries> initial_series() { return kInitial; }

std::span<const double> bounds_of(Metric histogram) {
  switch (histogram) {
    case Metric::handling_latency:
      return kLatencyBounds;
    case Metric::data_event_size:
      return kDataSizeBounds;
    default:
      return kChangeBounds;
  }
}

}  // namespace tripline
