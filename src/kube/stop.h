// SPDX-License-Identifier: Apache-2.0
// Stop: tells threads that wait for the network or a timer to end. Once set it stays set.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/fd.h"

namespace tripline::kube {

using Clock = std::chrono::steady_clock;

// Until when something may take.
using Deadline = Clock::time_point;

class Stop {
 public:
  Stop() : bell_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  void set() const { (void)eventfd_write(bell_.get(), 1); }
  [[nodiscard]] bool is_set() const { return wait(std::chrono::milliseconds(0)); }
  // Readable once it is set.
  [[nodiscard]] int bell() const { return bell_.get(); }
  // For so long, or until it is set: then true.
  [[nodiscard]] bool wait(std::chrono::milliseconds time) const {
    pollfd polled{bell_.get(), POLLIN, 0};
    const Deadline end = Clock::now() + time;
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
      const int count = poll(&polled, 1, static_cast<int>(std::clamp<int64_t>(left, 0, 1'000'000)));
      if (count > 0) return true;
      if (Clock::now() >= end) return false;
    }
  }

 private:
  Fd bell_;
};

}  // namespace tripline::kube
