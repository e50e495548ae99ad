// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "ir/program.h"
#include "ir/random.h"

namespace tripline::ir {
namespace {

TEST(Print, OneOfEach) {
  Program program;
  program.hook = "fentry fd_install";
  program.documents = {"kill.yaml", "two words.yaml"};
  program.values = 6;
  Block& start = program.blocks.emplace_back();
  start.name = "start";
  start.body = {
      {Constant{{0}, -1}, {}},
      {Constant{{0}, 0x6c6c65680a}, {0, 3}},
      {Copy{{1}, {0}}, {}},
      {Argument{{2}, 1}, {0, 14}},
      {Load{{3}, {2}, 32, Width::k4, "d_name.len"}, {1, 2}},
      {Load{{4}, {2}, 0, Width::k8, ""}, {}},
      {Control{{4}, 8}, {}},
      {Call{Value{5}, Callee::tl_slot_get, {}}, {}},
      {Store{{5}, -8, Width::k1, Value{4}}, {}},
      {Store{{5}, 8, Width::k2, int64_t{7}}, {}},
      {Binary{BinaryOp::kAdd, {4}, int64_t{1}}, {}},
      {Binary{BinaryOp::kShiftRight, {4}, Value{3}}, {}},
      {Call{std::nullopt, Callee::tl_count, {Value{3}, int64_t{16}}}, {}},
  };
  start.end = Branch{Compare::kTestBits, Width::k4, {3}, int64_t{2}, 1, 2};
  start.end_line = {0, 15};
  program.blocks.push_back({"found", {}, Jump{2}, {}});
  program.blocks.push_back({"done", {}, Return{}, {1, 0}});

  EXPECT_EQ(verify(program), "");
  EXPECT_EQ(print(program), R"(hook "fentry fd_install"
entry typed
document "kill.yaml"
document "two words.yaml"
values 6

start:
  v0 = -1
  v0 = 0x6c6c65680a                                     ; kill.yaml:3
  v1 = v0
  v2 = argument 1                                       ; kill.yaml:14
  v3 = u32[v2+32] "d_name.len"                          ; #1:2
  v4 = u64[v2]
  v4 = control[8]
  v5 = call tl_slot_get()
  u8[v5-8] = v4
  u16[v5+8] = 7
  v4 += 1
  v4 >>= v3
  call tl_count(v3, 16)
  if u32 v3 & 2 then found else done                    ; kill.yaml:15
found:
  goto done
done:
  return                                                ; #1:0
)");
}

TEST(Print, WhatIsReadAndSetOfRegisters) {
  constexpr std::string_view kText = R"(hook "h"
entry ptregs
values 2

a:
  v0 = context u64[112]
  v1 = context u16[8]
  context u64[128] = v0
  context u32[80] = -5
  context u8[80] = v1
  return
)";
  const Result<Program> program = parse(kText);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(verify(*program), "");
  EXPECT_EQ(print(*program), kText);
  EXPECT_EQ(program->blocks[0].body[2].op, Op(SetContext{128, Width::k8, Value{0}}));
  EXPECT_EQ(program->blocks[0].body[3].op, Op(SetContext{80, Width::k4, int64_t{-5}}));
}

TEST(Print, InstructionAlone) {
  EXPECT_EQ(print(Instruction{Load{{3}, {2}, 32, Width::k4, "a \"b\""}, {4, 4}}),
            "v3 = u32[v2+32] \"a \\\"b\\\"\"");
}

TEST(Print, ReadsBackEqual) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    const Program program = random_program(seed);
    const std::string text = print(program);
    ASSERT_EQ(verify(program), "") << "seed " << seed << '\n' << text;
    const Result<Program> again = parse(text);
    ASSERT_TRUE(again) << "seed " << seed << ": " << again.error().text() << '\n' << text;
    ASSERT_EQ(*again, program) << "seed " << seed << '\n' << text;
  }
}

}  // namespace
}  // namespace tripline::ir
