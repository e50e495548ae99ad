// SPDX-License-Identifier: Apache-2.0
// When the exported file gives way to a new one, and what is kept of the old ones.
#pragma once

#include <chrono>
#include <cstdint>

namespace tripline {

struct Rotation {
  uint64_t size = 0;                    // most bytes of a file; 0: any number
  int64_t backups = 0;                  // how many files are kept besides it; less than 1: all
  std::chrono::nanoseconds interval{};  // not above 0: time alone is no reason

  bool operator==(const Rotation&) const = default;
};

}  // namespace tripline
