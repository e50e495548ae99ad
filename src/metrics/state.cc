// SPDX-License-Identifier: Apache-2.0
#include "metrics/state.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "agent/status.h"
#include "metrics/event_series.h"

namespace tripline {
namespace {

// The policy and the sensor of programs that belong to no policy.
constexpr std::string_view kBase = "__base__";

double number(uint64_t value) { return static_cast<double>(value); }

std::string_view name_of(PolicyState state) {
  switch (state) {
    case PolicyState::kEnabled:
      return "enabled";
    case PolicyState::kPartiallyEnabled:
      return "partially_enabled";
    case PolicyState::kDisabled:
      return "disabled";
    case PolicyState::kLoadError:
      return "load_error";
    case PolicyState::kSkipped:
      return "skipped";
  }
  return {};
}

std::string_view sensor_of(HookKind kind) {
  for (const auto& [each, sensor] : kSensorNames) {
    if (each == kind) return sensor;
  }
  return {};
}

void show_policy(const PolicyStatus& policy, Page& page) {
  page.add(Metric::tracingpolicy_loaded, {std::string(name_of(policy.state))}, 1);
  page.add(Metric::tracingpolicy_kernel_memory_bytes, {policy.name, policy.namespace_name},
           number(policy.kernel_memory));
  for (const SelectorStatus& selector : policy.selectors) {
    for (const auto& [action, member] : kActionCounts) {
      if (selector.counts.*member == 0) continue;
      page.add(Metric::tracingpolicy_selector_actions_total,
               {std::string(action), selector.hook, std::to_string(selector.hook_index), policy.name,
                policy.namespace_name, std::to_string(selector.selector_index), selector.label},
               number(selector.counts.*member));
    }
  }
}

std::string attach_of(const ProgramFacts& program) {
  return program.target.empty() ? program.name : program.target;
}

void show_program(const ProgramFacts& program, std::string_view policy, std::string_view policy_namespace,
                  std::string_view sensor, Page& page) {
  const std::string attach = attach_of(program);
  const std::string of(policy);
  const LabelValues labels = {attach, of, std::string(policy_namespace),
                              std::string(program.section).append("/").append(attach), std::string(sensor)};
  page.add(Metric::overhead_program_runs_total, labels, number(program.runs));
  page.add(Metric::overhead_program_seconds_total, labels, number(program.run_time) / 1e9);
  page.add(Metric::missed_prog_probes_total, {attach, of}, number(program.skipped - program.passed_over));
  // Only kprobes can be passed over, which is what policies call them, however they are attached.
  if (sensor == kBase || sensor == sensor_of(HookKind::kKprobe))
    page.add(Metric::missed_link_probes_total, {attach, of}, number(program.passed_over));
}

// A program judges for all policies of its hook; what it costs stands beside each of them.
void show_programs(const AgentState& state, Page& page) {
  std::map<uint64_t, const PolicyStatus*> policies;
  for (const PolicyStatus& policy : state.policies) policies[policy.generation] = &policy;
  for (const OwnedProgram& program : state.figures.programs) {
    if (program.facts.attach == Attachment::kIterator) continue;
    const std::string hook = attach_of(program.facts);
    page.add(Metric::hook_runs_total, {hook}, number(program.facts.runs));
    page.add(Metric::hook_seconds_total, {hook}, number(program.facts.run_time) / 1e9);
    page.add(Metric::hook_skipped_calls_total, {hook}, 0);
    if (program.owners.empty()) show_program(program.facts, kBase, {}, kBase, page);
    for (const auto& [generation, kind] : program.owners) {
      const auto policy = policies.find(generation);
      if (policy == policies.end()) continue;
      show_program(program.facts, policy->second->name, policy->second->namespace_name, sensor_of(kind),
                   page);
    }
  }
}

// By the kind of its hooks; of a policy with hooks of several kinds nobody knows which had the loss.
RecordKind kind_of(const PolicyLosses& losses) {
  if (losses.policy == nullptr || losses.policy->hooks.empty()) return RecordKind::kKprobe;
  switch (losses.policy->hooks.front().kind) {
    case HookKind::kTracepoint:
      return RecordKind::kTracepoint;
    case HookKind::kLsm:
      return RecordKind::kLsm;
    case HookKind::kUprobe:
      return RecordKind::kUprobe;
    case HookKind::kUsdt:
      return RecordKind::kUsdt;
    case HookKind::kLoader:
      return RecordKind::kLoader;
    case HookKind::kKprobe:
    case HookKind::kFentry:
      break;
  }
  return RecordKind::kKprobe;
}

std::string number_of(RecordKind kind) {
  return std::to_string(kRecordNumbers.at(static_cast<size_t>(kind)));
}

void show_policy_losses(const PolicyLosses& losses, Page& page) {
  const std::string policy = losses.policy ? losses.policy->name : "_gone";
  const std::string policy_namespace = losses.policy ? losses.policy->namespace_name : std::string();
  page.add(Metric::policy_posted_total, {policy, policy_namespace}, number(losses.counter.posted));
  page.add(Metric::policy_delivered_total, {policy, policy_namespace}, number(losses.delivered));
  const std::pair<std::string_view, uint64_t> reasons[] = {{"ring", losses.counter.lost},
                                                           {"alone", losses.alone},
                                                           {"forgotten", losses.forgotten},
                                                           {"cut", losses.cut}};
  for (const auto& [reason, count] : reasons)
    page.add(Metric::policy_lost_total, {policy, policy_namespace, std::string(reason)}, number(count));
  page.add(Metric::generic_kprobe_merge_pushed_total, number(losses.counter.opened));
  if (losses.counter.lost == 0) return;
  page.add(Metric::bpf_missed_events_total, {"EAGAIN", number_of(kind_of(losses))},
           number(losses.counter.lost));
  page.add(Metric::observer_ringbuf_events_lost_total, number(losses.counter.lost));
}

void show_losses(const Losses& losses, Page& page) {
  for (const PolicyLosses& policy : losses.policies) show_policy_losses(policy, page);
  page.add(Metric::life_lost_total, number(losses.life_lost));
  if (losses.life_lost > 0) {
    page.add(Metric::bpf_missed_events_total, {"EAGAIN", "0"}, number(losses.life_lost));
    page.add(Metric::observer_ringbuf_events_lost_total, number(losses.life_lost));
  }
  page.add(Metric::damaged_records_total, number(losses.damaged));
  page.add(Metric::handler_errors_total, {"unknown_opcode", "0"}, number(losses.damaged));
  page.add(Metric::unjudged_calls_total, number(losses.unjudged));
  page.add(Metric::unknown_processes_total, number(losses.unknown));
  page.add(Metric::shortened_texts_total, number(losses.shortened));
  page.add(Metric::unloaded_hooks, number(losses.unloaded.size()));
  for (const SkippedCalls& skipped : losses.skipped)
    page.add(Metric::hook_skipped_calls_total, {skipped.function}, number(skipped.calls));
}

void show_records(const AgentState& state, Page& page) {
  uint64_t sum = state.losses.damaged;
  for (size_t n = 0; n < kRecordNumbers.size(); ++n) {
    const auto kind = static_cast<RecordKind>(n);
    const RecordCounts::Count& count = state.figures.records.of(kind);
    const std::string op = number_of(kind);
    page.add(Metric::msg_op_total, {op}, number(count.records));
    page.add(Metric::handling_latency, {op}, count.latency);
    sum += count.records;
  }
  page.add(Metric::observer_ringbuf_events_received_total, number(sum));
  page.add(Metric::observer_ringbuf_queue_events_received_total, number(sum));
}

void show_data(const AgentFigures& figures, Page& page) {
  const DataCounts& data = figures.data;
  const std::pair<const char*, uint64_t> events[] = {
      {"Received", figures.records.of(RecordKind::kData).records},
      {"Added", data.added},
      {"Appended", data.appended},
      {"Bad", data.bad},
      {"Matched", data.matched},
      {"NotMatched", data.not_matched}};
  for (const auto& [event, count] : events) page.add(Metric::data_events_total, {event}, number(count));
  page.add(Metric::data_event_size, {"ok"}, figures.records.data_sizes);
  page.add(Metric::data_cache_size, number(data.waiting));
  page.add(Metric::data_cache_capacity, number(PendingData::kMost));
  page.add(Metric::data_cache_evictions_total, number(data.evicted));
}

void show_ring(const std::string& ring, const RingFill& fill, Page& page) {
  page.add(Metric::ring_size_bytes, {ring}, number(fill.size));
  page.add(Metric::ring_used_bytes, {ring}, number(fill.used));
  page.add(Metric::ring_peak_bytes, {ring}, number(fill.peak));
}

void show_figures(const AgentFigures& figures, Page& page) {
  for (const MissedNotices& missed : figures.missed)
    page.add(Metric::enforcer_missed_notifications_total,
             {missed.info, missed.policy, std::string(missed.reason)}, number(missed.count));
  const RecordCounts::Count& loaded = figures.records.of(RecordKind::kLoader);
  for (const char* count : {"LoaderReceived", "LoaderResolvedImm"})
    page.add(Metric::process_loader_stats, {count}, number(loaded.records));
  show_ring("life", figures.life, page);
  show_ring("events", figures.events, page);
  for (const MapFill& map : figures.maps) {
    const std::string name(map.name);
    page.add(Metric::map_entries, {name}, number(map.entries));
    page.add(Metric::map_capacity, {name}, number(map.capacity));
    page.add(Metric::map_errors_update_total, {name}, 0);
    page.add(Metric::map_errors_delete_total, {name}, 0);
  }
  page.add(Metric::policy_changes_total, {"ok"}, number(figures.changes.done));
  page.add(Metric::policy_changes_total, {"failed"}, number(figures.changes.failed));
  page.add(Metric::policy_compile_seconds, {}, figures.changes.compile);
  page.add(Metric::policy_prepare_seconds, {}, figures.changes.prepare);
  page.add(Metric::policy_swap_seconds, {}, figures.changes.swap);
  page.add(Metric::process_cache_size, number(figures.images));
  page.add(Metric::process_cache_capacity, number(figures.image_capacity));
  page.add(Metric::process_cache_evictions_total, number(figures.evicted_images));
}

void show_waiting(const WaitCounts& waiting, Page& page) {
  constexpr const char* kEntry = "pod_info";
  page.add(Metric::event_cache_entries, number(waiting.waiting));
  page.add(Metric::event_cache_inserts_total, number(waiting.inserts));
  page.add(Metric::event_cache_fetch_retries_total, {kEntry}, number(waiting.retries));
  for (size_t n = 0; n < waiting.failures.size(); ++n) {
    if (waiting.failures.at(n) == 0) continue;
    page.add(Metric::event_cache_fetch_failures_total, {kEntry, std::string(event_type_name(n))},
             number(waiting.failures.at(n)));
  }
}

void show_pods(const NodePodsCounts& pods, const PodStoreCounts& lookups, Page& page) {
  const std::string handlers = "pod-handlers", hooks = "rthooks";
  page.add(Metric::policyfilter_operations_total, {"", "add", handlers}, number(pods.added));
  page.add(Metric::policyfilter_operations_total, {"", "update", handlers}, number(pods.updated));
  page.add(Metric::policyfilter_operations_total, {"", "delete", handlers}, number(pods.removed));
  page.add(Metric::policyfilter_operations_total, {"", "add-container", hooks}, number(pods.announced));
  page.add(Metric::policyfilter_operations_total, {"generic-error", "add-container", hooks},
           number(pods.refused));
  page.add(Metric::policyfilter_hook_container_name_missing_total, number(pods.without_name));
  page.add(Metric::policyfilter_hook_container_image_missing_total, number(pods.without_image));
  page.add(Metric::watcher_events_total, {"k8s"}, number(lookups.found));
  page.add(Metric::watcher_errors_total, {"failed_to_get_pod", "k8s"}, number(lookups.not_found));
  page.add(Metric::watcher_delete_pod_cache_hits, number(lookups.found_gone));
  page.add(Metric::watcher_delete_pod_cache_evictions, number(lookups.forgotten));
  page.add(Metric::containers, {"found"}, number(pods.residents - pods.looked_for));
  page.add(Metric::containers, {"looked_for"}, number(pods.looked_for));
}

void show_readers(const AgentState& state, Page& page) {
  uint64_t lost = 0;
  for (const ReaderCounts& reader : state.readers) {
    const std::string name = reader.number == 0 ? "gone" : std::to_string(reader.number);
    page.add(Metric::reader_delivered_total, {name}, number(reader.taken));
    page.add(Metric::reader_lost_total, {name}, number(reader.lost));
    if (reader.number != 0) page.add(Metric::reader_queue_events, {name}, number(reader.waiting));
    lost += reader.lost;
  }
  page.add(Metric::notify_overflowed_events_total, number(lost));
  const ExportState& exported = state.exported;
  page.add(Metric::reader_delivered_total, {"export"}, number(exported.events));
  page.add(Metric::reader_lost_total, {"export"}, number(exported.lost));
  page.add(Metric::events_exported_total, number(exported.events));
  page.add(Metric::events_exported_bytes_total, number(exported.bytes));
  page.add(Metric::events_last_exported_timestamp, static_cast<double>(exported.last) / 1e9);
  page.add(Metric::export_ratelimit_events_dropped_total, number(exported.rate_limited));
}

}  // namespace

Result<AgentState> read_state(const Agent& agent, const Registry& registry, const Hub& hub) {
  AgentState out;
  auto policies = registry.list({});
  if (!policies) return std::unexpected(policies.error());
  out.policies = *std::move(policies);
  auto losses = agent.losses();
  if (!losses) return std::unexpected(losses.error());
  out.losses = *std::move(losses);
  auto figures = agent.figures();
  if (!figures) return std::unexpected(figures.error());
  out.figures = *std::move(figures);
  out.readers = hub.readers();
  out.cgroups_lost = agent.workloads().lost();
  return out;
}

void show(const AgentState& state, Page& page) {
  for (const PolicyStatus& policy : state.policies) show_policy(policy, page);
  show_programs(state, page);
  show_losses(state.losses, page);
  show_records(state, page);
  show_data(state.figures, page);
  show_figures(state.figures, page);
  show_waiting(state.figures.waiting, page);
  show_pods(state.pods, state.pod_lookups, page);
  page.add(Metric::cgroups_lost, number(state.cgroups_lost));
  show_readers(state, page);
}

}  // namespace tripline
