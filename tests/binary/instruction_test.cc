// SPDX-License-Identifier: Apache-2.0
// Which instructions the kernel puts a probe on. That its verdict is this one is shown in a guest (places_test).
#include "binary/instruction.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace tripline::binary {
namespace {

std::string why(std::initializer_list<int> bytes) {
  std::string code;
  for (const int byte : bytes) code += static_cast<char>(byte);
  return std::string(why_no_probe(code));
}

TEST(Instruction, BeginningsOfFunctions) {
  EXPECT_EQ(why({0xf3, 0x0f, 0x1e, 0xfa}), "") << "endbr64";
  EXPECT_EQ(why({0x55}), "") << "push %rbp";
  EXPECT_EQ(why({0x48, 0x83, 0xec, 0x08}), "") << "sub $8,%rsp";
  EXPECT_EQ(why({0x64, 0x48, 0x8b, 0x04, 0x25, 0x28}), "") << "mov %fs:0x28,%rax";
  EXPECT_EQ(why({0xc3}), "") << "ret";
  EXPECT_EQ(why({0x90}), "") << "nop";
  EXPECT_EQ(why({0x66, 0x90}), "") << "xchg %ax,%ax";
  EXPECT_EQ(why({0x0f, 0x05}), "") << "syscall";
}

TEST(Instruction, Prefixes) {
  EXPECT_EQ(why({0xf0, 0xff, 0x0f}), "it has the prefix LOCK") << "lock decl (%rdi): pthread_spin_lock";
  EXPECT_EQ(why({0x66, 0xf0, 0xff, 0x0f}), "it has the prefix LOCK");
  EXPECT_EQ(why({0x3e, 0xff, 0xe0}), "it has a prefix of the segments ES, CS, SS or DS")
      << "notrack jmp *%rax";
  EXPECT_EQ(why({0x66, 0x66, 0x66, 0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84}),
            "it has a prefix of the segments ES, CS, SS or DS");
  EXPECT_EQ(why({0x48, 0xf0}), "") << "a prefix behind REX is none";
}

TEST(Instruction, Opcodes) {
  EXPECT_EQ(why({0xcc}), "it is a breakpoint");
  EXPECT_NE(why({0xcd, 0x80}), "") << "int $0x80";
  EXPECT_NE(why({0xf4}), "") << "hlt";
  EXPECT_NE(why({0x48, 0xcf}), "") << "iretq";
  EXPECT_EQ(why({0x8e, 0xd0}), "it sets the register SS");
  EXPECT_EQ(why({0x8e, 0xd8}), "") << "mov %eax,%ds";
}

TEST(Instruction, JumpsOf16Bits) {
  for (const int opcode : {0xe8, 0xe9, 0xeb, 0x74}) EXPECT_NE(why({0x66, opcode, 0}), "") << opcode;
  EXPECT_NE(why({0x66, 0x0f, 0x84, 0}), "");
  EXPECT_EQ(why({0xe8, 0}), "");
  EXPECT_EQ(why({0x66, 0xff, 0xe0}), "") << "not relative";
}

// The kernel takes the opcode behind the prefix for one of those without.
TEST(Instruction, Vectors) {
  EXPECT_EQ(why({0xc5, 0xf8, 0x10, 0x07}), "") << "vmovups (%rdi),%xmm0";
  EXPECT_NE(why({0xc5, 0xfe, 0x6f, 0x07}), "") << "vmovdqu (%rdi),%ymm0";
  EXPECT_NE(why({0xc4, 0x41, 0x3d, 0xef, 0xc0}), "") << "vpxor %ymm8,%ymm8,%ymm8";
  EXPECT_NE(why({0x62, 0xf1, 0xfe, 0x28, 0x6f, 0x07}), "") << "vmovdqu64 (%rdi),%ymm0";
}

TEST(Instruction, WhatIsCutShort) {
  EXPECT_EQ(why({}), "");
  EXPECT_EQ(why({0x66}), "");
  EXPECT_EQ(why({0xc5}), "");
}

}  // namespace
}  // namespace tripline::binary
