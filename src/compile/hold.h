// SPDX-License-Identifier: Apache-2.0
// Keeps a program from being preempted. The kernel skips a program that is already running on the same CPU, so the
// calls of all other tasks there are missed while the preempted task waits to run again: a time slice, hundreds of
// calls. What remains are the few instructions of the kernel before and after the program, and a timer that fires
// while the last ones of the program run (docs/decisions/006-preemption.md).
#pragma once

#include "compile/plan.h"
#include "ir/program.h"
#include "kernel/kernel.h"

namespace tripline {

// What of a hook's program must not be preempted. Programs of kprobes and of tracepoints by name never are; nor is any
// on a kernel where tasks do not preempt programs, or where those cannot ask not to be (before 6.15).
[[nodiscard]] Hold hold_of(Attachment attachment, const Kernel& kernel);

// Preemption is off in that part of a filter program.
void hold(ir::Program& filter, Hold what);

}  // namespace tripline
