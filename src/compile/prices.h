// SPDX-License-Identifier: Apache-2.0
// The cost of a call that no policy matches, estimated from a program before it becomes instructions: the sum of
// prices along its cheapest and its most expensive path. Prices are executed instructions on x86-64, measured
// (docs/decisions/003-prices.md); the extra cost of library functions for longer paths or deeper mounts is not
// included.
#pragma once

#include <cstdint>
#include <optional>

#include "ir/program.h"
#include "policy/checked.h"

namespace tripline {

struct CostRange {
  uint32_t least = 0;
  uint32_t most = 0;
};

// A comparison and its jump: the least that a test takes.
[[nodiscard]] uint32_t branch_price();
// What it takes, about, to have the judge refuse a call.
[[nodiscard]] uint32_t judge_price();

// The ways to the end of `program` on which nothing is passed on to the judge, recorded, counted or done; absent when
// there is none. `attachment` says which pointers the kernel trusts: loads through others are dearer.
[[nodiscard]] std::optional<CostRange> cost_of_miss(const ir::Program& program, Attachment attachment);

}  // namespace tripline
