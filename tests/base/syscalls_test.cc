// SPDX-License-Identifier: Apache-2.0
#include "base/syscalls.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>

namespace tripline {
namespace {

TEST(Syscalls, NumbersOfBothModes) {
  EXPECT_EQ(x64_syscall("umask"), SYS_umask);
  EXPECT_EQ(x64_syscall("read"), 0U);
  EXPECT_EQ(i386_syscall("umask"), 60U);
  EXPECT_EQ(x64_syscall("sys_umask"), std::nullopt);
  EXPECT_EQ(x64_syscall("waitpid"), std::nullopt) << "only the 32-bit mode has it";
  EXPECT_EQ(i386_syscall("waitpid"), 7U);
}

TEST(Syscalls, FoundByTheirNumbers) {
  ASSERT_TRUE(find_x64_syscall(SYS_umask) != nullptr);
  EXPECT_EQ(find_x64_syscall(SYS_umask)->name, "umask");
  EXPECT_STREQ(find_x64_syscall(SYS_umask)->parameters, "int mask");
  EXPECT_EQ(find_i386_syscall(7)->name, "waitpid");
  EXPECT_EQ(find_x64_syscall(400), nullptr) << "a gap";
  EXPECT_EQ(find_x64_syscall(UINT64_MAX), nullptr);
}

TEST(Syscalls, CountsOfArguments) {
  EXPECT_EQ(x64_syscall_arguments("read"), 3U);
  EXPECT_EQ(x64_syscall_arguments("mmap"), 6U);
  EXPECT_EQ(x64_syscall_arguments("getpid"), 0U);
  EXPECT_EQ(x64_syscall_arguments("waitpid"), std::nullopt);
}

TEST(Syscalls, SizesOfArguments) {
  EXPECT_EQ(x64_syscall_argument_size("setsockopt", 4), 4U);
  EXPECT_EQ(x64_syscall_argument_size("getsockopt", 4), 8U) << "a pointer to an int";
  EXPECT_EQ(x64_syscall_argument_size("bpf", 2), 4U);
  EXPECT_EQ(x64_syscall_argument_size("write", 2), 8U);
  EXPECT_EQ(x64_syscall_argument_size("writev", 2), 8U) << "an unsigned long";
  EXPECT_EQ(x64_syscall_argument_size("mkdir", 1), 2U);
  EXPECT_EQ(x64_syscall_argument_size("clock_gettime", 0), 4U) << "a const clockid_t";
  EXPECT_EQ(x64_syscall_argument_size("write", 3), std::nullopt);
  EXPECT_EQ(x64_syscall_argument_size("waitpid", 0), std::nullopt);
}

TEST(Syscalls, NamesHaveTheNumbersTheyStandAt) {
  uint32_t last = 0;
  for (const std::string_view name : x64_syscall_names()) {
    const auto number = x64_syscall(name);
    ASSERT_TRUE(number) << name;
    EXPECT_GE(*number, last) << name;
    last = *number;
  }
  EXPECT_GT(last, 400U);
}

}  // namespace
}  // namespace tripline
