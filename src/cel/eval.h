// SPDX-License-Identifier: Apache-2.0
// The value of a tree that has been checked.
#pragma once

#include "cel/frame.h"
#include "cel/node.h"
#include "cel/value.h"

namespace tripline::cel {

[[nodiscard]] Outcome evaluate(Frame& frame, const Node& node);

}  // namespace tripline::cel
