// SPDX-License-Identifier: Apache-2.0
// Likely mistakes: warnings about documents in which check() found no error. `check` and `explain` show them, `run`
// does not.
#pragma once

#include "base/diagnostics.h"
#include "kernel/kernel.h"
#include "policy/checked.h"

namespace tripline {

// Each thing once, where it comes up first. `policy` is what check() made of the document for `kernel`.
void lint(const CheckedPolicy& policy, const Kernel& kernel, Diagnostics& diagnostics);

}  // namespace tripline
