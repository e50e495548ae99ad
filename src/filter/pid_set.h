// SPDX-License-Identifier: Apache-2.0
// Processes and all their descendants, as far as the events of a stream show them: a process whose parent is in the
// set is in it. Events must come in the order of the stream, each once.
//
// The set is bounded: it keeps only the last kMost descendants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "filter/subject.h"

namespace tripline {

class PidSet {
 public:
  static constexpr size_t kMost = 65'536;

  explicit PidSet(std::unordered_set<uint32_t> pids) : roots_(std::move(pids)) {}

  // Whether the event's process is in the set, which learns from it.
  bool learn(const Subject& subject);
  [[nodiscard]] size_t remembered() const { return descendants_.size(); }

 private:
  struct Descendant {
    size_t image = 0;    // hash of the exec_id it had last
    bool ended = false;  // a late event may still be of it; another image with its pid is somebody else
    uint64_t age = 0;
  };
  struct Entry {
    uint32_t pid = 0;
    uint64_t age = 0;
  };

  bool knows(const SeenProcess& process);
  void add(uint32_t pid, size_t image);

  std::unordered_set<uint32_t> roots_;
  std::unordered_map<uint32_t, Descendant> descendants_;
  std::deque<Entry> order_;  // oldest first; an entry of another age than its pid's is void
  uint64_t age_ = 0;
};

}  // namespace tripline
