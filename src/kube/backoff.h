// SPDX-License-Identifier: Apache-2.0
// Backoff: how long to wait before the next attempt. 0.8 s, doubled each time up to 30 s, plus a random part of up
// to as much again, so that many agents do not reconnect at once. It resets after two minutes without a call.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "kube/stop.h"

namespace tripline::kube {

class Backoff {
 public:
  static constexpr std::chrono::milliseconds kFirst{800};
  static constexpr std::chrono::milliseconds kLongest{30'000};
  static constexpr std::chrono::minutes kQuiet{2};

  // `chance`: from 0 to 1.
  [[nodiscard]] std::chrono::milliseconds next(Clock::time_point now, double chance) {
    if (!last_ || now - *last_ > kQuiet + pause_) pause_ = kFirst;
    const std::chrono::milliseconds base = pause_;
    pause_ = std::min(pause_ * 2, kLongest);
    last_ = now;
    return base + std::chrono::milliseconds(static_cast<int64_t>(static_cast<double>(base.count()) * chance));
  }
  void reset() { last_.reset(); }

 private:
  std::chrono::milliseconds pause_ = kFirst;
  std::optional<Clock::time_point> last_;
};

}  // namespace tripline::kube
