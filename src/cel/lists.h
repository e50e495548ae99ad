// SPDX-License-Identifier: Apache-2.0
// Sorting. Elements that are equal keep their order; those that cannot be compared with the others are an error.
#pragma once

#include <vector>

#include "cel/frame.h"
#include "cel/value.h"

namespace tripline::cel {

// As many values as keys.
[[nodiscard]] Outcome sorted_by(Frame& frame, const std::vector<Value>& values,
                                const std::vector<Value>& keys);

}  // namespace tripline::cel
