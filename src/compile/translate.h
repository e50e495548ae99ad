// SPDX-License-Identifier: Apache-2.0
// From policies to instructions: lower, simplify, verify, emit. Everything that compile() makes an object of and explain()
// tells people about. It is in compile.cc, with the rest of the pipeline.
#pragma once

#include "base/result.h"
#include "compile/lower.h"
#include "compile/plan.h"
#include "emit/emit.h"
#include "ir/program.h"
#include "kernel/kernel.h"

namespace tripline {

struct Translation {
  Lowered lowered;
  Code filter;
  Code judge;
};

// Fails when a program breaks a rule of ours, which is a defect and says which, or when it is too long for BPF.
[[nodiscard]] Result<Translation> translate(const HookPlan& plan, const Kernel& kernel,
                                            const Numbering& numbering);
// One program, which is simplified.
[[nodiscard]] Result<Code> translate(ir::Program& program);

}  // namespace tripline
