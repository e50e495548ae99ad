// SPDX-License-Identifier: Apache-2.0
// The functions that a kernel's tables of system calls lead to. A kernel for x86-64 has more of them than it runs: one
// of each mode for every call, and others for calls whose 32-bit form has another layout. Private to the policy room.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/kernel.h"

namespace tripline::policy {

// The function behind "sys_NAME" of the 32-bit mode: "__ia32_compat_sys_openat". A name that the table does not have
// is taken for one of a function.
[[nodiscard]] std::string i386_function(const Kernel& kernel, std::string_view sys_name);

// What the kernel runs instead of `function`, which it has and never calls; absent when it is called, as far as is
// known. Empty: nothing.
[[nodiscard]] std::optional<std::string> runs_instead(const Kernel& kernel, std::string_view function);

}  // namespace tripline::policy
