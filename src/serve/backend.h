// SPDX-License-Identifier: Apache-2.0
// The agent's side of the API services, as functions and values. Functions named here may be called from any thread,
// except those marked as belonging to the agent's main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/agent.h"
#include "agent/hub.h"
#include "agent/node_pods.h"
#include "agent/registry.h"
#include "event/cached_process.h"
#include "event/event.h"
#include "filter/event_filter.h"

namespace tripline {

// A setting as GetInfo shows it.
using SettingValue = std::variant<std::string, bool, int64_t, std::vector<std::string>>;

struct AgentInfo {
  std::string version;
  std::vector<std::pair<std::string, bool>> probes;  // features of the kernel
  std::vector<std::pair<std::string, SettingValue>> settings;
  std::string commit;
  std::string build_time;
};

// Numbers of the API, panic to trace.
inline constexpr int kLogPanic = 0;
inline constexpr int kLogTrace = 6;

// How the exported file is rotated. The interval is kept as it was written.
struct EventLog {
  int32_t max_size = 0;  // megabytes
  int32_t max_backups = 0;
  std::string rotation_interval;
};

struct Backend {
  Registry* registry = nullptr;  // of the agent's rounds
  NodePods* pods = nullptr;      // likewise; null: containers are not followed
  Hub* hub = nullptr;
  Node node;
  AgentInfo info;
  // Carries out `command` in one of the agent's rounds.
  std::function<void(std::function<void()>)> post;
  std::function<std::vector<CachedProcess>()> processes;  // in one of the agent's rounds
  std::function<Result<Losses>()> losses;                 // likewise; null: nobody knows
  std::function<int()> log_level;
  std::function<void(int)> set_log_level;
  // Logs why a hook of a container runtime was refused, with the id that the runtime is told.
  std::function<void(const std::string& id, const std::string& why)> hook_failed = [](const auto&,
                                                                                      const auto&) {};
  EventLog* event_log = nullptr;            // of the agent's rounds; null: nothing is exported
  std::function<void()> event_log_changed;  // in one of the agent's rounds
  FilterOptions filters;                    // what readers can ask for
  size_t queue = 10'000;                    // events that may wait for one reader
  bool deprecated_policy_calls = false;     // EnableTracingPolicy and DisableTracingPolicy
};

}  // namespace tripline
