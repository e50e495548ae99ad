// SPDX-License-Identifier: Apache-2.0
// The number of changes of the set of policies and how long they took.
#pragma once

#include <cstdint>

#include "base/histogram.h"

namespace tripline {

inline constexpr double kChangeBounds[] = {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30};  // seconds

struct ChangeTimes {
  uint64_t done = 0;
  uint64_t failed = 0;
  Histogram compile{kChangeBounds};  // of one hook's program
  Histogram prepare{
      kChangeBounds};  // beside the loop, from the document to programs that are attached and inert
  Histogram swap{kChangeBounds};  // from then until the change was in force
};

}  // namespace tripline
