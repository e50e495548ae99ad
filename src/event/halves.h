// SPDX-License-Identifier: Apache-2.0
// Calls of which the kernel writes two records: at entry and, when the call returns and its return matches, at return.
// They are one event, emitted at the return, with the time, the process and the arguments of the entry. An entry waits
// here for its return; it is known by what pairs the schemas of the two (Schema::pair), its thread and its time.
//
// Returns need not come: the call may never return, or return what the policy does not ask for, and threads may end
// inside one. So entries are never waited for for long: of those that wait only the latest `capacity` are kept, and of
// those only so many that what their records held is no more than `bytes`. A return whose entry was let go is counted,
// and so is told (Fate::kAlone of src/agent/agent.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "event/decode.h"
#include "event/event.h"

namespace tripline {

class Halves {
 public:
  explicit Halves(size_t capacity = 4096, size_t bytes = size_t{64} << 20)
      : capacity_(capacity), most_bytes_(bytes) {}

  // `event` is all that is known at the entry.
  void enter(const HookRecord& entry, Event event);

  // The whole event; none when the entry is not there: it was lost, or evicted.
  std::optional<Event> leave(const HookRecord& returned);

  [[nodiscard]] size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] uint64_t evicted() const { return evicted_; }      // entries that waited too long
  [[nodiscard]] uint64_t unmatched() const { return unmatched_; }  // returns without an entry

 private:
  struct Key {
    uint32_t pair = 0;
    uint32_t tid = 0;
    uint64_t time = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return (key.time ^ (uint64_t{key.pair} << 32 | key.tid)) * 0x9E3779B97F4A7C15u >> 13;
    }
  };
  struct Entry {
    Key key;
    Event event;
    size_t bytes = 0;
  };
  void erase(std::list<Entry>::iterator entry);

  size_t capacity_;
  size_t most_bytes_;
  size_t bytes_ = 0;
  std::list<Entry> waiting_;  // oldest first
  std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> places_;
  uint64_t evicted_ = 0;
  uint64_t unmatched_ = 0;
};

}  // namespace tripline
