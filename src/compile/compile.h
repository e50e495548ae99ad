// SPDX-License-Identifier: Apache-2.0
// From checked policies to objects: the compile half in two calls. Pure: no privileges, no file, no clock; the same
// input gives the same bytes. All policies that watch one hook become one program (D2).
#pragma once

#include <string>

#include "base/result.h"
#include "compile/plan.h"
#include "kernel/kernel.h"
#include "object/object.h"

namespace tripline {

// The object for one hook. Fails when the kernel has no BTF that is needed, or when the linker refuses.
[[nodiscard]] Result<Object> compile(const HookPlan& plan, const Kernel& kernel, const Numbering& numbering);

// The same as text, for people: attachment, checks in order, arguments, record layout, instructions.
[[nodiscard]] Result<std::string> explain(const HookPlan& plan, const Kernel& kernel);

}  // namespace tripline
