// SPDX-License-Identifier: Apache-2.0
// The way into a judge: is the program live, and is there scratch memory?
#pragma once

#include "compile/builder.h"
#include "compile/plan.h"

namespace tripline {

// On when it is for this program to judge the call. Else to `judged`, when it is live and another one judges, or to `out`.
void test_live(Builder& builder, const HookPlan& plan, const Numbering& numbering, Label out, Label judged);

// The slot that the judge holds from here on; to `none` without one. The block of `out`, in which the program ends, is
// placed here and not at the end: with a thousand policies that is too far for a jump.
[[nodiscard]] ir::Value take_slot(Builder& builder, Label out, Label none);

}  // namespace tripline
