// SPDX-License-Identifier: Apache-2.0
#include "render/compact.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

const Node kNode{"(none)", ""};

std::string syscall(std::vector<Argument> args) {
  Event event;
  event.process.process = std::make_shared<const Process>(Process{.binary = "/b"});
  event.payload = ProcessTracepoint{.subsys = "raw_syscalls", .event = "sys_enter", .args = std::move(args)};
  return to_compact(event, kNode);
}

Argument number(int32_t value) { return {IntArg{value}, ""}; }
Argument size(uint64_t value) { return {SizeArg{value}, ""}; }
Argument id(uint32_t number, const char* abi = "x64") { return {SyscallIdArg{number, abi}, ""}; }

TEST(CompactSyscall, SystemCalls) {
  EXPECT_EQ(syscall({{LongArg{95}, ""}}), "☎  syscall (none) /b umask(int mask=?)");
  EXPECT_EQ(syscall({size(95)}), "☎  syscall (none) /b unknown");
  EXPECT_EQ(syscall({}), "☎  syscall (none) /b unknown");
  EXPECT_EQ(syscall({id(9999)}), "☎  syscall (none) /b unknown");
  EXPECT_EQ(syscall({{LongArg{-1}, ""}}), "☎  syscall (none) /b unknown");
  EXPECT_EQ(syscall({id(95, "arm64")}), "☎  syscall (none) /b unknown");
  EXPECT_EQ(syscall({id(0), size(3), size(0xabc), size(100)}),
            "☎  syscall (none) /b read(unsigned int fd=3, char *buf=0xabc, size_t count=100)");
  EXPECT_EQ(syscall({id(0), size(3), number(5)}),
            "☎  syscall (none) /b read(unsigned int fd=3, char *buf=?, size_t count=?)");
  EXPECT_EQ(syscall({id(162)}), "☎  syscall (none) /b sync()");
  EXPECT_EQ(syscall({id(63), size(16)}), "☎  syscall (none) /b uname(struct new_utsname *name=0x10)");
  EXPECT_EQ(syscall({id(134), size(1)}), "☎  syscall (none) /b uselib");
  EXPECT_EQ(syscall({id(335)}), "☎  syscall (none) /b unknown");
  EXPECT_EQ(syscall({id(60, "i386"), size(1)}), "☎  syscall (none) /b i386/umask");
}

}  // namespace
}  // namespace tripline
