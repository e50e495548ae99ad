// SPDX-License-Identifier: Apache-2.0
// Code of user space leaves functions without returning: by longjmp, or at the end of its thread. What was noted of such
// a call (bpf/lib/entry.bpf.h) stays behind, and fits the return of the next call that is as deep in the stack, also one
// that no selector matched. So each call begins with removing it, where any call is noted at all.
#pragma once

#include "compile/builder.h"
#include "compile/plan.h"

namespace tripline {

// At the entry of a function of user space whose returns somebody asks for; of others nothing is written. While one program
// takes over from another both see the call, and what the first of them notes must stay: then nothing is removed.
void write_leftovers(Builder& builder, const HookPlan& plan, const Numbering& numbering);

}  // namespace tripline
