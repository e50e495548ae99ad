// SPDX-License-Identifier: Apache-2.0
// Random programs that verify accepts, and random worlds to run them in. The same seed gives the same of both.
#pragma once

#include <cstdint>

#include "ir/interpreter.h"
#include "ir/program.h"

namespace tripline::ir {

[[nodiscard]] Program random_program(uint64_t seed);

// Kernel memory is a function of address and seed; scratch memory is apart from it and is where stores go; calls give
// numbers that depend on what was called before and write to scratch memory.
[[nodiscard]] World random_world(uint64_t seed);

}  // namespace tripline::ir
