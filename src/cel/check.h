// SPDX-License-Identifier: Apache-2.0
// Type checking before evaluation: every name must be defined, every call must have a function for its argument
// types. Whatever is known only at run time has the type dyn and is checked by the evaluator.
//
// The tree is changed: names are replaced by their meanings, calls get their candidates.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "cel/environment.h"
#include "cel/mistake.h"
#include "cel/node.h"
#include "cel/type.h"

namespace tripline::cel {

struct Checked {
  Type type;
  uint32_t slots = 0;               // for names that macros bind
  std::vector<uint32_t> variables;  // those that are named, each once
};

[[nodiscard]] std::expected<Checked, std::vector<Mistake>> check(Node& tree, const Environment& environment);

}  // namespace tripline::cel
