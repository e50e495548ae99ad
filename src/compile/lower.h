// SPDX-License-Identifier: Apache-2.0
// From checked policies to programs. A hook gets two: `filter` decides in registers, by conditions that every match
// must meet, whether any selector can match; only then it calls `judge`, which evaluates all selectors exactly, acts
// and sends records. The filter may let through what the judge then refuses, never the other way round.
#pragma once

#include <vector>

#include "compile/filter.h"
#include "compile/plan.h"
#include "ir/program.h"
#include "kernel/kernel.h"
#include "object/object.h"

namespace tripline {

struct Lowered {
  ir::Program filter;
  ir::Program judge;
  FilterPlan filter_plan;
  std::vector<Schema> schemas;  // one for each section of the plan, in its order
};

// Those of the object: of a program on many functions, each section's once for each of them.
[[nodiscard]] std::vector<Schema> for_each_function(const HookPlan& plan, std::vector<Schema> schemas);

[[nodiscard]] Lowered lower(const HookPlan& plan, const Kernel& kernel, const Numbering& numbering);

}  // namespace tripline
