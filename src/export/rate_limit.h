// SPDX-License-Identifier: Apache-2.0
// A limit of N events per minute: a bucket that holds N, starts full and refills evenly.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "event/event.h"
#include "render/text_buffer.h"

namespace tripline {

class EventRate {
 public:
  using Clock = std::chrono::steady_clock;

  EventRate(uint64_t a_minute, Clock::time_point now)
      : most_(static_cast<double>(a_minute)), left_(most_), filled_(now), report_(now + kMinute) {}

  // May an event pass? One that may not is counted.
  bool take(Clock::time_point now);
  // Each minute, and when events were dropped since: how many.
  uint64_t report(Clock::time_point now);
  // Events that did not pass, since the start.
  [[nodiscard]] uint64_t dropped() const { return dropped_; }

 private:
  static constexpr std::chrono::minutes kMinute{1};

  double most_;
  double left_;
  Clock::time_point filled_;
  Clock::time_point report_;
  uint64_t dropped_ = 0;
  uint64_t reported_ = 0;
};

// The line that says how many events were dropped, without its end. `time`: ns since 1970.
void add_rate_limit_line(TextBuffer& out, const Node& node, uint64_t dropped, int64_t time);

}  // namespace tripline
