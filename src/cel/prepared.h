// SPDX-License-Identifier: Apache-2.0
// What a call needs of an argument that is written out in the expression: made once, not in each evaluation.
#pragma once

#include <variant>

#include "cel/node.h"
#include "cel/pattern.h"
#include "cel/zone.h"

namespace tripline::cel {

struct Prepared {
  std::variant<Pattern, Zone> is;
};

// Gives calls in the tree what they need. What cannot be made is left for the evaluation to complain about.
void prepare(Node& node);

}  // namespace tripline::cel
