// SPDX-License-Identifier: Apache-2.0
// Brings in the memory of the process that a hook's judge will read. Before the judge, because it sleeps: the judge holds
// scratch memory of its CPU, and where tasks preempt programs it must not be preempted.
#pragma once

#include "compile/builder.h"
#include "compile/plan.h"
#include "kernel/kernel.h"

namespace tripline {

void write_present(Builder& builder, const HookPlan& plan, const Kernel& kernel);

}  // namespace tripline
