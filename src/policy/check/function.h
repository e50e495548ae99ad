// SPDX-License-Identifier: Apache-2.0
// The function that a hook of kprobes or fentries is on. Private to the policy room.
#pragma once

#include <optional>
#include <string>

#include "policy/check/check.h"

namespace tripline::policy {

struct Found {
  Btf::Function function;
  const ModuleTypes* module = nullptr;  // that it is of; null when it is of the kernel itself
};

// What `hook.call` names: a kernel function, or, unless "syscall" is false, a system call. Absent when this kernel does
// not have it, which is reported.
[[nodiscard]] std::optional<Found> find_function(const Checking& checking, const FunctionHook& hook);

// Is it the name of a function and not that of a system call, too?
[[nodiscard]] bool is_function_alone(const Kernel& kernel, const std::string& name);

}  // namespace tripline::policy
