// SPDX-License-Identifier: Apache-2.0
// The judge of a hook: evaluates every selector of every policy exactly, acts, and sends records. See lower.h.
#pragma once

#include <cstdint>
#include <vector>

#include "compile/builder.h"
#include "compile/plan.h"
#include "kernel/kernel.h"
#include "object/object.h"

namespace tripline {

struct JudgeInput {
  const HookPlan& plan;
  const std::vector<Schema>& schemas;      // one for each section
  const std::vector<uint32_t>& documents;  // of each section, as the builder's program numbers them
  const Kernel& kernel;
  const Numbering& numbering;
};

// Writes the judge into `builder`, which is at its entry.
void write_judge(Builder& builder, const JudgeInput& input);

// The cost of a filter relative to others of its selector: cheap ones are tested first.
[[nodiscard]] int cost_of(const Filter& filter);

}  // namespace tripline
