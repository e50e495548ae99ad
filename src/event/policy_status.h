// SPDX-License-Identifier: Apache-2.0
// What is reported of a policy that was loaded: its state, and what its selectors counted. A value, as an Event is: the
// agent makes it and whoever shows it needs no agent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tripline {

enum class PolicyState {
  kEnabled,
  kPartiallyEnabled,  // hooks of it were skipped, as it allows
  kDisabled,
};

enum class PolicyMode {
  kEnforce,
  kMonitor,      // what it asks to enforce is only counted
  kMonitorOnly,  // there is nothing to enforce in it
};

// How often an action was performed, or, where the name says so, not performed for the policy's mode.
struct ActionCounts {
  uint64_t post = 0;  // events written; what rate limits held back is not among them
  uint64_t signal = 0;
  uint64_t monitor_signal = 0;
  uint64_t override_return = 0;
  uint64_t monitor_override = 0;
  uint64_t set = 0;
  uint64_t monitor_set = 0;
  uint64_t nopost = 0;
  bool operator==(const ActionCounts&) const = default;
};

struct SelectorStatus {
  std::string hook;         // KIND:NAME
  uint32_t hook_index = 0;  // position of the section in its list
  uint32_t selector_index = 0;
  ActionCounts counts;
  std::string label;
  bool operator==(const SelectorStatus&) const = default;
};

struct PolicyStatus {
  std::string name;
  std::string namespace_name = {};  // empty for a TracingPolicy
  PolicyState state = PolicyState::kEnabled;
  std::optional<PolicyMode> mode;         // absent when there is no hook; then there are no counts either
  std::vector<SelectorStatus> selectors;  // those that counted something
  uint64_t generation = 0;                // no other policy has had it (src/agent/policy_id.h)
  std::string domain = {};
  bool operator==(const PolicyStatus&) const = default;
};

}  // namespace tripline
