// SPDX-License-Identifier: Apache-2.0
// Elements of lists and maps. A list takes any number that is whole as an index, a map any that equals a key.
#pragma once

#include "cel/frame.h"
#include "cel/value.h"

namespace tripline::cel {

// An error when there is none.
[[nodiscard]] Outcome element(const Value& container, const Value& key);

// An optional, also when the container is one.
[[nodiscard]] Outcome maybe_element(Frame& frame, const Value& container, const Value& key);

}  // namespace tripline::cel
