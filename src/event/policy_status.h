// SPDX-License-Identifier: Apache-2.0
// What is reported of a policy that was loaded: its state, and what its selectors counted. A value, as an Event is: the
// agent makes it and whoever shows it needs no agent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripline {

enum class PolicyState {
  kEnabled,
  kPartiallyEnabled,  // hooks of it were skipped, as it allows
  kDisabled,
  kLoadError,  // it was accepted as a policy, and this machine could not run it
  kSkipped,    // it is for other nodes than this one
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
  uint64_t notify_enforcer = 0;
  uint64_t monitor_notify_enforcer = 0;
  uint64_t set = 0;
  uint64_t monitor_set = 0;
  uint64_t nopost = 0;
  bool operator==(const ActionCounts&) const = default;
};

// As clients of the API and of metrics know them.
inline constexpr std::pair<std::string_view, uint64_t ActionCounts::*> kActionCounts[] = {
    {"post", &ActionCounts::post},
    {"signal", &ActionCounts::signal},
    {"monitor_signal", &ActionCounts::monitor_signal},
    {"override", &ActionCounts::override_return},
    {"monitor_override", &ActionCounts::monitor_override},
    {"notify_enforcer", &ActionCounts::notify_enforcer},
    {"monitor_notify_enforcer", &ActionCounts::monitor_notify_enforcer},
    {"set", &ActionCounts::set},
    {"monitor_set", &ActionCounts::monitor_set},
    {"nopost", &ActionCounts::nopost},
};

struct SelectorStatus {
  std::string hook;         // KIND:NAME
  uint32_t hook_index = 0;  // position of the section in its list
  uint32_t selector_index = 0;
  ActionCounts counts;
  std::string label;
  bool operator==(const SelectorStatus&) const = default;
};

// What became of one section of a policy.
struct HookStatus {
  enum class State {
    kLoaded,
    kNotFound,        // there is no such function, and the policy says that there need not be
    kPartlyNotFound,  // some functions of the list are not there
    kDigestRejected,  // the file is another one than the policy was written for, and it says to go on without
  };
  std::string section;      // "kprobes"
  std::string description;  // what it hooks, as the policy says it
  uint32_t index = 0;       // position in the list `section`
  State state = State::kLoaded;
  bool operator==(const HookStatus&) const = default;
};

// The first thing that is wrong with a document. Line 0: all of it is.
struct Mistake {
  int line = 0;
  int column = 0;
  std::string message;
  bool operator==(const Mistake&) const = default;
};

struct PolicyStatus {
  std::string name;
  std::string namespace_name = {};  // empty for a TracingPolicy
  std::string domain = {};          // whoever added it
  uint64_t id = 0;                  // 0: the policy has no number
  std::string error = {};           // why it is in kLoadError, or why a newer version of it is not in force
  std::optional<Mistake> mistake = {};    // that `error` tells of, where a document is refused
  std::vector<std::string> sensors = {};  // the kinds of hook it has, by the names that the API gives them
  std::vector<HookStatus> hooks = {};     // only of sections that can be skipped
  uint64_t kernel_memory = 0;             // bytes
  PolicyState state = PolicyState::kEnabled;
  std::optional<PolicyMode> mode;         // absent when there is no hook; then there are no counts either
  std::vector<SelectorStatus> selectors;  // those that counted something
  ActionCounts unselected = {};           // of hooks that have none
  uint64_t generation = 0;                // no other policy has had it (src/agent/policy_id.h)
  bool operator==(const PolicyStatus&) const = default;
};

}  // namespace tripline
