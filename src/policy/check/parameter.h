// SPDX-License-Identifier: Apache-2.0
// What the kernel says of one parameter of a function, and what is known of one argument of a system call: can a
// declared type be read from it, how many bytes has it? Private to the policy room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/check/check.h"
#include "policy/check/types.h"

namespace tripline::policy {

inline constexpr uint32_t kSyscallArguments = 6;

// "struct file *file", quoted: as C declares it.
[[nodiscard]] std::string described(const Btf::Parameter& parameter);

// Can the argument's type be read from the parameter that it names? A pointer must be the right one: what it points to
// is read. Reports what is wrong.
void check_parameter(const Checking& checking, const Btf::Function& function, const Argument& argument,
                     const TypeInfo& how);
// Bytes that a parameter has in its register.
[[nodiscard]] uint32_t size_of(const Btf::Function& function, uint32_t index);

// The system call that a function is of, as tables name it.
[[nodiscard]] std::string_view syscall_of(std::string_view function);

// What a system call makes of its arguments is not part of BTF. Registers of arguments that it does not have can be
// asked for, but for the last one.
// Warns of an argument of a system call whose type only the kernel has.
void warn_of_struct(const Checking& checking, const Argument& argument);

void check_syscall_argument(const Checking& checking, const Argument& argument, std::string_view call);
[[nodiscard]] uint32_t size_of_syscall_argument(std::string_view function, uint32_t index);
// What a system call takes as its argument `index`, "char * buf"; empty for anything but an address.
[[nodiscard]] std::string pointer_of_syscall(std::string_view function, uint32_t index);

}  // namespace tripline::policy
