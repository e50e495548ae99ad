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

TEST(Syscalls, CountsOfArguments) {
  EXPECT_EQ(x64_syscall_arguments("read"), 3U);
  EXPECT_EQ(x64_syscall_arguments("mmap"), 6U);
  EXPECT_EQ(x64_syscall_arguments("getpid"), 0U);
  EXPECT_EQ(x64_syscall_arguments("waitpid"), std::nullopt);
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
