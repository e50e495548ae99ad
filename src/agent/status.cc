// SPDX-License-Identifier: Apache-2.0
#include "agent/status.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "policy/sections.h"

namespace tripline {
namespace {

std::string hook_name(const CheckedHook& hook) {
  if (const auto* code = std::get_if<target::UserCode>(&hook.target)) {
    std::string out = std::string(policy::shown_kind(hook.kind)) + ":" + code->file.path + ":";
    if (hook.kind == HookKind::kUsdt) return out + hook.provider + "/" + hook.call;
    for (const target::UserPlace& place : code->places)
      out += (&place == code->places.data() ? "" : ",") + place.name;
    return out;
  }
  const bool is_tracepoint = std::holds_alternative<target::Tracepoint>(hook.target);
  return std::string(policy::shown_kind(hook.kind)) + ":" +
         (is_tracepoint ? section_target(hook.target) : hook.call);
}

PolicyMode mode_of(const CheckedPolicy& policy, bool enforces) {
  if (policy.monitor_only) return PolicyMode::kMonitorOnly;
  return enforces ? PolicyMode::kEnforce : PolicyMode::kMonitor;
}

PolicyState state_of(const Member& member) {
  if (!member.enabled) return PolicyState::kDisabled;
  return member.policy->partial ? PolicyState::kPartiallyEnabled : PolicyState::kEnabled;
}

// The kinds of hook, by the name of the sensor that has those hooks in the API.
std::vector<std::string> sensors_of(const CheckedPolicy& policy) {
  std::vector<std::string> out;
  if (!policy.enforced.empty()) out.emplace_back("__enforcer__");
  for (const auto& [kind, sensor] : kSensorNames) {
    const bool has =
        std::ranges::any_of(policy.hooks, [&](const auto& hook) { return hook.kind == kind; }) ||
        std::ranges::any_of(policy.presences, [&](const auto& each) { return each.kind == kind; });
    if (has) out.emplace_back(sensor);
  }
  return out;
}

HookStatus::State state_of(Presence::Found found) {
  switch (found) {
    case Presence::Found::kAll:
      return HookStatus::State::kLoaded;
    case Presence::Found::kSome:
      return HookStatus::State::kPartlyNotFound;
    case Presence::Found::kNone:
      return HookStatus::State::kNotFound;
    case Presence::Found::kRejected:
      return HookStatus::State::kDigestRejected;
  }
  return HookStatus::State::kLoaded;
}

// Kprobes and fentries are one section in the API.
std::string_view section_of(HookKind kind) {
  if (kind == HookKind::kUprobe) return "uprobes";
  return kind == HookKind::kFentry ? "fentries" : "kprobes";
}

void add(ActionCounts& sum, const PolicyPart& part, const tl_counter& counter) {
  sum.signal += counter.signals;
  sum.monitor_signal += counter.monitored_signals;
  sum.override_return += counter.overrides;
  sum.monitor_override += counter.monitored_overrides;
  sum.set += counter.sets;
  sum.monitor_set += counter.monitored_sets;
  sum.notify_enforcer += counter.notices;
  sum.monitor_notify_enforcer += counter.monitored_notices;
  if (part.at_return) return;
  sum.post += counter.posted + counter.opened;
  sum.nopost += counter.unposted;
}

}  // namespace

PolicyStatus status_of(const Member& member, bool enforces, const PartCounts& counts) {
  const CheckedPolicy& policy = *member.policy;
  PolicyStatus out{.name = policy.name,
                   .namespace_name = policy.namespace_name,
                   .domain = member.id.name.domain,
                   .state = state_of(member),
                   .mode = {},
                   .selectors = {},
                   .generation = member.id.generation};
  out.sensors = sensors_of(policy);
  for (const Presence& each : policy.presences) {
    out.hooks.push_back({std::string(section_of(each.kind)), each.call, each.index, state_of(each.found)});
  }
  if (!has_mode(policy) || !member.enabled) return out;
  out.mode = mode_of(policy, enforces);
  const CheckedHook* before = nullptr;
  for (const CheckedHook& hook : policy.hooks) {
    // The functions of a list are hooks of their own, and one section.
    if (before != nullptr && before->kind == hook.kind && before->index == hook.index) continue;
    before = &hook;
    if (hook.kind == HookKind::kLoader) continue;
    for (uint32_t n = 0; n < hook.selectors.size(); ++n) {
      SelectorStatus selector{hook_name(hook), hook.index, n, {}, hook.selectors[n].label};
      for (const bool at_return : {false, true}) {
        const auto part = counts.find({hook.kind, hook.index, n, at_return});
        if (part != counts.end()) add(selector.counts, part->first, part->second);
      }
      if (hook.selectors[n].implied)
        for (const auto& [name, count] : kActionCounts) out.unselected.*count += selector.counts.*count;
      else if (selector.counts != ActionCounts{})
        out.selectors.push_back(std::move(selector));
    }
  }
  return out;
}

}  // namespace tripline
