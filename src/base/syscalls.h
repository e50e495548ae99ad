// SPDX-License-Identifier: Apache-2.0
// System call numbers of x86-64 and of its 32-bit mode, by name. Names come without "sys_".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tripline {

// A row of a table. Of x86-64 the parameters as C writes them, "int fd, void *buf"; null when not known. Of the 32-bit
// mode the functions that the kernel's table has for the call.
struct Syscall {
  uint32_t number;
  std::string_view name;
  const char* parameters;
};
// By number; null when there is none.
[[nodiscard]] const Syscall* find_x64_syscall(uint64_t number);
[[nodiscard]] const Syscall* find_i386_syscall(uint64_t number);

[[nodiscard]] std::optional<uint32_t> x64_syscall(std::string_view name);
[[nodiscard]] std::optional<uint32_t> i386_syscall(std::string_view name);

// How many arguments one of x86-64 has; absent for a name that there is not, and for the few whose
// arguments are not known.
[[nodiscard]] std::optional<size_t> x64_syscall_arguments(std::string_view name);

// How C declares argument `index` of one of x86-64, "char *buf"; empty where that is not known.
[[nodiscard]] std::string_view x64_syscall_argument(std::string_view name, size_t index);

// Bytes that a call makes of its argument `index`, which is passed in 8: of an int the upper half means nothing. Absent
// where that is not known.
[[nodiscard]] std::optional<uint32_t> x64_syscall_argument_size(std::string_view name, size_t index);

// Of x86-64, in the order of their numbers.
[[nodiscard]] std::vector<std::string_view> x64_syscall_names();

// What the kernel's function for the call is named, without "sys_".
[[nodiscard]] std::string_view x64_syscall_function(std::string_view name);

[[nodiscard]] std::vector<std::string_view> i386_syscall_names();
// The functions that the kernel's table has for the call, "compat_sys_openat", "sys_openat": the first of them that a
// kernel has is the one that is called.
[[nodiscard]] std::vector<std::string_view> i386_syscall_functions(std::string_view name);

// Of one of the 32-bit mode, this bit is set in what a policy calls its number.
inline constexpr uint32_t kSyscall32 = uint32_t{1} << 31;

}  // namespace tripline
