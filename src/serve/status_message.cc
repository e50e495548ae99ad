// SPDX-License-Identifier: Apache-2.0
#include "serve/status_message.h"

#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

// X(field of the message, member of ours)
#define TRIPLINE_COUNT_FIELDS(X)                      \
  X(post, post)                                       \
  X(signal, signal)                                   \
  X(monitor_signal, monitor_signal)                   \
  X(override, override_return)                        \
  X(monitor_override, monitor_override)               \
  X(notify_enforcer, notify_enforcer)                 \
  X(monitor_notify_enforcer, monitor_notify_enforcer) \
  X(set, set)                                         \
  X(monitor_set, monitor_set)                         \
  X(nopost, nopost)

// X(enumerator of the message, ours)
#define TRIPLINE_POLICY_STATES(X)                  \
  X(TP_STATE_ENABLED, kEnabled)                    \
  X(TP_STATE_PARTIALLY_ENABLED, kPartiallyEnabled) \
  X(TP_STATE_DISABLED, kDisabled)                  \
  X(TP_STATE_LOAD_ERROR, kLoadError)               \
  X(TP_STATE_SKIPPED, kSkipped)

#define TRIPLINE_HOOK_STATES(X)       \
  X(STATUS_LOADED, kLoaded)           \
  X(STATUS_CALL_NOT_FOUND, kNotFound) \
  X(STATUS_PARTIAL_CALL_NOT_FOUND, kPartlyNotFound) X(STATUS_DIGEST_REJECTED, kDigestRejected)

#define TRIPLINE_POLICY_MODES(X) \
  X(TP_MODE_ENFORCE, kEnforce)   \
  X(TP_MODE_MONITOR, kMonitor)   \
  X(TP_MODE_MONITOR_ONLY, kMonitorOnly)

tetragon::TracingPolicyState number_of(PolicyState state) {
  switch (state) {
#define TRIPLINE_STATE_NUMBER(number, name) \
  case PolicyState::name:                   \
    return tetragon::number;
    TRIPLINE_POLICY_STATES(TRIPLINE_STATE_NUMBER)
#undef TRIPLINE_STATE_NUMBER
  }
  return tetragon::TP_STATE_UNKNOWN;
}

tetragon::TracingPolicyMode number_of(PolicyMode mode) {
  switch (mode) {
#define TRIPLINE_MODE_NUMBER(number, name) \
  case PolicyMode::name:                   \
    return tetragon::number;
    TRIPLINE_POLICY_MODES(TRIPLINE_MODE_NUMBER)
#undef TRIPLINE_MODE_NUMBER
  }
  return tetragon::TP_MODE_UNKNOWN;
}

tetragon::HookState number_of(HookStatus::State state) {
  switch (state) {
#define TRIPLINE_HOOK_NUMBER(number, name) \
  case HookStatus::State::name:            \
    return tetragon::number;
    TRIPLINE_HOOK_STATES(TRIPLINE_HOOK_NUMBER)
#undef TRIPLINE_HOOK_NUMBER
  }
  return tetragon::STATUS_LOADED;
}

HookStatus::State state_of(tetragon::HookState number) {
#define TRIPLINE_HOOK_STATE_OF(theirs, ours) \
  if (number == tetragon::theirs) return HookStatus::State::ours;
  TRIPLINE_HOOK_STATES(TRIPLINE_HOOK_STATE_OF)
#undef TRIPLINE_HOOK_STATE_OF
  return HookStatus::State::kLoaded;
}

std::optional<PolicyState> state_of(tetragon::TracingPolicyState number) {
#define TRIPLINE_STATE_OF(theirs, ours) \
  if (number == tetragon::theirs) return PolicyState::ours;
  TRIPLINE_POLICY_STATES(TRIPLINE_STATE_OF)
#undef TRIPLINE_STATE_OF
  return std::nullopt;
}

std::optional<PolicyMode> mode_of(tetragon::TracingPolicyMode number) {
#define TRIPLINE_MODE_OF(theirs, ours) \
  if (number == tetragon::theirs) return PolicyMode::ours;
  TRIPLINE_POLICY_MODES(TRIPLINE_MODE_OF)
#undef TRIPLINE_MODE_OF
  return std::nullopt;
}

void add(const ActionCounts& from, tetragon::TracingPolicyActionCounters& to){
#define TRIPLINE_ADD_COUNT(field, member) to.set_##field(to.field() + from.member);
    TRIPLINE_COUNT_FIELDS(TRIPLINE_ADD_COUNT)
#undef TRIPLINE_ADD_COUNT
}

ActionCounts read(const tetragon::TracingPolicyActionCounters& from) {
  ActionCounts to;
#define TRIPLINE_READ_COUNT(field, member) to.member = from.field();
  TRIPLINE_COUNT_FIELDS(TRIPLINE_READ_COUNT)
#undef TRIPLINE_READ_COUNT
  return to;
}

}  // namespace

void to_message(const PolicyStatus& status, tetragon::TracingPolicyStatus& out) {
  out.set_name(status.name);
  out.set_namespace_(status.namespace_name);
  out.set_domain(status.domain);
  out.set_id(status.id);
  out.set_error(status.error);
  out.set_state(number_of(status.state));
  out.set_enabled(status.state == PolicyState::kEnabled || status.state == PolicyState::kPartiallyEnabled);
  out.set_kernel_memory_bytes(status.kernel_memory);
  for (const std::string& sensor : status.sensors) out.add_sensors(sensor);
  for (const HookStatus& hook : status.hooks) {
    tetragon::HookStatus& to = *out.add_hook_statuses();
    to.set_section(hook.section);
    to.set_state(number_of(hook.state));
    to.set_hook_description(hook.description);
    to.set_hook_idx(hook.index);
  }
  if (!status.mode) return;
  out.set_mode(number_of(*status.mode));
  tetragon::TracingPolicyStats& stats = *out.mutable_stats();
  add(status.unselected, *stats.mutable_action_counters());  // there, even when nothing was counted
  for (const SelectorStatus& selector : status.selectors) {
    add(selector.counts, *stats.mutable_action_counters());
    tetragon::TracingPolicySelectorActionCounters& to = *stats.add_selector_action_counters();
    to.set_hook(selector.hook);
    to.mutable_hook_index()->set_value(selector.hook_index);
    to.mutable_selector_index()->set_value(selector.selector_index);
    add(selector.counts, *to.mutable_action_counters());
    to.set_selector_label(selector.label);
  }
}

std::optional<PolicyStatus> from_message(const tetragon::TracingPolicyStatus& message) {
  const std::optional<PolicyState> state = state_of(message.state());
  if (!state) return std::nullopt;
  PolicyStatus status{.name = message.name(), .namespace_name = message.namespace_(), .state = *state};
  status.mode = mode_of(message.mode());
  status.domain = message.domain();
  status.id = message.id();
  status.error = message.error();
  status.kernel_memory = message.kernel_memory_bytes();
  status.sensors.assign(message.sensors().begin(), message.sensors().end());
  for (const tetragon::HookStatus& from : message.hook_statuses()) {
    status.hooks.push_back(
        {from.section(), from.hook_description(), from.hook_idx(), state_of(from.state())});
  }
  for (const tetragon::TracingPolicySelectorActionCounters& from :
       message.stats().selector_action_counters()) {
    status.selectors.push_back({.hook = from.hook(),
                                .hook_index = from.hook_index().value(),
                                .selector_index = from.selector_index().value(),
                                .counts = read(from.action_counters()),
                                .label = from.selector_label()});
  }
  return status;
}

}  // namespace tripline
