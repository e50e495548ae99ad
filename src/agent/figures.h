// SPDX-License-Identifier: Apache-2.0
// An agent's own figures, in addition to the status of its policies and its losses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/change_times.h"
#include "agent/record_counts.h"
#include "agent/set.h"
#include "agent/waiting_events.h"
#include "event/data.h"

namespace tripline {

struct RingFill {
  uint64_t size = 0;  // bytes
  uint64_t used = 0;  // that were not handled
  uint64_t peak = 0;  // the most that there were when the ring was read
};

// Of a map that programs use, what is taken and what there is.
struct MapFill {
  std::string_view name;
  uint64_t entries = 0;
  uint64_t capacity = 0;
};

// Notices that no enforcer took.
struct MissedNotices {
  std::string policy;
  std::string info;  // the system call, or what the hook is on that left them
  std::string_view reason;
  uint64_t count = 0;
};

struct AgentFigures {
  std::vector<MissedNotices> missed;
  RecordCounts records;
  std::vector<OwnedProgram> programs;
  RingFill life;
  RingFill events;
  std::vector<MapFill> maps;
  ChangeTimes changes;
  size_t images = 0;
  size_t image_capacity = 0;
  uint64_t evicted_images = 0;
  DataCounts data;
  WaitCounts waiting;
};

}  // namespace tripline
