// SPDX-License-Identifier: Apache-2.0
// A made-up kernel of a dozen functions, for tests and fuzzers that need to know all there is.
#pragma once

#include <string>
#include <string_view>

#include "kernel/kernel.h"

namespace tripline {

// Of each declared type T, "T function(T first, T second, long number)"; an LSM hook and a raw tracepoint of that name
// have the same parameters, and the record of sub/cells such fields.
[[nodiscard]] std::string function_with(std::string_view type);

// What it has, apart from every feature:
//   void fd_install(unsigned int fd, struct file *file)
//   int security_file_permission(struct file *file, int mask)
//   ssize_t vfs_read(struct file *file, char *buf, size_t count, loff_t *pos)
//   int takes_numbers(long a, u64 b, u8 c, enum mode d)
//   int takes_pair(struct pair p, int a)             a struct by value
//   int takes_structs(int a, struct large l, int b, struct pair p, int c, struct pair q, int d, int e)
//   int takes_packed(struct packed p, int a)         its number is not aligned
//   struct large returns_large(int a)                in memory
//   struct pair returns_pair(int a)                  in registers
//   int takes_many(int a, ... int h)                 eight parameters
//   int takes_any(const char *fmt, ...)              variadic
//   void takes_nothing(void)
//   int hidden(int a)                                cannot be traced
//   long __x64_sys_lseek(const struct pt_regs *regs)
//   untyped                                          can be traced, has no types
//   of_module [thing]                                in a module
[[nodiscard]] Kernel tiny_kernel();

}  // namespace tripline
