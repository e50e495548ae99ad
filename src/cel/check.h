// SPDX-License-Identifier: Apache-2.0
// Types, before anything is evaluated: every name must mean something, every call must have a function that takes such
// arguments. What is only known later has the type dyn and is looked at by the evaluator.
//
// The tree is changed: names become what they mean, calls know their candidates.
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
