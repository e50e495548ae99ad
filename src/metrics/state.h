// SPDX-License-Identifier: Apache-2.0
// The agent's state as metrics shows it, which only the main thread may read: a value that is made there and used
// elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/agent.h"
#include "agent/hub.h"
#include "agent/node_pods.h"
#include "agent/registry.h"
#include "metrics/page.h"

namespace tripline {

struct ExportState {
  uint64_t events = 0;  // written
  uint64_t bytes = 0;
  uint64_t lost = 0;
  uint64_t rate_limited = 0;
  int64_t last = 0;  // time of the last event, in ns since 1970
};

struct AgentState {
  std::vector<PolicyStatus> policies;
  Losses losses;
  AgentFigures figures;
  std::vector<ReaderCounts> readers;
  ExportState exported;
  NodePodsCounts pods;
  PodStoreCounts pod_lookups;
  uint64_t cgroups_lost = 0;  // Workloads::lost()
};

// In one of the agent's rounds.
[[nodiscard]] Result<AgentState> read_state(const Agent& agent, const Registry& registry, const Hub& hub);

void show(const AgentState& state, Page& page);

}  // namespace tripline
