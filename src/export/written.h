// SPDX-License-Identifier: Apache-2.0
// The outcome of writing lines to a target.
#pragma once

#include <cstdint>

namespace tripline {

struct Written {
  uint64_t lines = 0;
  uint64_t bytes = 0;
  uint64_t lost = 0;  // lines
  int problem = 0;    // errno of what went wrong last, 0 for nothing
};

}  // namespace tripline
