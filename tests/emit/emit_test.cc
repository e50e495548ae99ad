// SPDX-License-Identifier: Apache-2.0
#include "emit/emit.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "ir/program.h"

namespace tripline {
namespace {

ir::Program program(const std::string& text) {
  Result<ir::Program> parsed = ir::parse(text);
  EXPECT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(ir::verify(*parsed), "");
  return *parsed;
}

// The listing without its line numbers.
std::string listing(const std::string& text) {
  const ir::Program parsed = program(text);
  const Result<Code> code = emit(parsed);
  EXPECT_TRUE(code) << code.error().text();
  std::string out;
  std::string line;
  for (const char c : print_code(*code, parsed) + "\n") {
    if (c != '\n') {
      line += c;
      continue;
    }
    const size_t number = line.find(": ");
    if (!line.empty())
      out += (line[0] == ' ' && number != std::string::npos ? line.substr(number + 2) : line) + "\n";
    line.clear();
  }
  return out;
}

// An offset in an instruction has 16 bits.
TEST(Emit, ReadsTheFarEndOfTheControlBlock) {
  EXPECT_EQ(listing(R"(hook "fentry f"
entry typed
values 2

start:
  v0 = control[32764]
  v1 = control[32776]
  if u32 v0 == v1 then yes else no
yes:
  return
no:
  return
)"),
            R"(start:
r0 = &tl_control ll
r1 = *(u32 *)(r0 + 32764)
r0 += 32776
r2 = *(u32 *)(r0 + 0)
if w1 != w2 goto no
yes:
r0 = 0
exit
no:
r0 = 0
exit
)");
}

TEST(Emit, ReadsArgumentsFromTheContext) {
  EXPECT_EQ(listing(R"(hook "fentry f"
entry typed
values 1

start:
  v0 = argument 2
  if u32 v0 == 7 then yes else no
yes:
  return
no:
  return
)"),
            R"(start:
r1 = *(u64 *)(r1 + 16)
if w1 != 7 goto no
yes:
r0 = 0
exit
no:
r0 = 0
exit
)");
}

TEST(Emit, ReadsArgumentsFromRegistersOfAKprobe) {
  const std::string text = listing(R"(hook "kprobe f"
entry ptregs
values 6

start:
  v0 = argument 0
  v1 = argument 1
  v2 = argument 2
  v3 = argument 3
  v4 = argument 4
  v5 = argument 5
  return
)");
  for (const char* at : {"+ 112)", "+ 104)", "+ 96)", "+ 88)", "+ 72)", "+ 64)"})
    EXPECT_NE(text.find(at), std::string::npos) << at;
}

TEST(Emit, KeepsWhatIsNeededAfterACall) {
  EXPECT_EQ(listing(R"(hook "fentry f"
entry typed
values 2

start:
  v0 = argument 0
  v1 = call tl_slot_get()
  call tl_count(v0, 8)
  call tl_slot_put(v1)
  return
)"),
            R"(start:
r6 = *(u64 *)(r1 + 0)
call tl_slot_get
r7 = r0
r1 = r6
r2 = 8
call tl_count
r1 = r7
call tl_slot_put
r0 = 0
exit
)");
}

TEST(Emit, ExchangesRegistersThatAreEachOthersPlace) {
  const ir::Program swapped = program(R"(hook "fentry f"
entry typed
values 2

start:
  v0 = argument 0
  v1 = argument 1
  call tl_count(v1, v0)
  return
)");
  const Result<Code> code = emit(swapped);
  ASSERT_TRUE(code);
  // Whatever registers they got, the second argument is not read from one that was overwritten before.
  uint8_t holds[11] = {};  // 1: argument 0, 2: argument 1
  for (const BpfInstruction& i : code->instructions) {
    const uint8_t dst = i.registers & 0xf;
    if (BPF_CLASS(i.code) == BPF_LDX) holds[dst] = i.offset == 0 ? 1 : 2;
    if (i.code == (BPF_ALU64 | BPF_MOV | BPF_X)) holds[dst] = holds[i.registers >> 4];
    if (i.code == (BPF_JMP | BPF_CALL)) break;
  }
  EXPECT_EQ(holds[1], 2);
  EXPECT_EQ(holds[2], 1);
}

TEST(Emit, PutsOnTheStackWhatHasNoRegister) {
  std::string text = "hook \"fentry f\"\nentry typed\nvalues 8\n\nstart:\n";
  for (int n = 0; n < 7; ++n)
    text += "  v" + std::to_string(n) + " = argument " + std::to_string(n % 5) + "\n";
  text += "  v7 = call tl_slot_get()\n";
  for (int n = 0; n < 7; ++n)
    text += "  u64[v7+" + std::to_string(8 * n + 8) + "] = v" + std::to_string(n) + "\n";
  const ir::Program many = program(text + "  return\n");
  const Result<Code> code = emit(many);
  ASSERT_TRUE(code);
  EXPECT_GT(code->stack, 0U);
  EXPECT_LE(code->stack, 256U);
  EXPECT_NE(print_code(*code, many).find("*(u64 *)(r10 - 8) = "), std::string::npos);
}

TEST(Emit, RefusesMoreValuesThanTheStackHolds) {
  std::string text = "hook \"fentry f\"\nentry typed\nvalues 60\n\nstart:\n";
  for (int n = 0; n < 60; ++n) text += "  v" + std::to_string(n) + " = argument 0\n";
  text += "  call tl_count(0, 0)\n";
  for (int n = 0; n < 60; ++n) text += "  call tl_count(v" + std::to_string(n) + ", 0)\n";
  EXPECT_FALSE(emit(program(text + "  return\n")));
}

// Where a jump of the emitted program leads in the end.
size_t destination(const Code& code, size_t at) {
  do at += 1 + static_cast<size_t>(code.instructions[at].offset);
  while (code.instructions[at].code == (BPF_JMP | BPF_JA));
  return at;
}

TEST(Emit, ReachesFarTargetsOverIslands) {
  constexpr int kBlocks = 40000;
  std::string text =
      "hook \"fentry f\"\nentry typed\nvalues 1\n\nstart:\n  v0 = argument 0\n  if v0 == 1 then far else "
      "b0\n";
  for (int n = 0; n < kBlocks; ++n) {
    const std::string next = n + 1 == kBlocks ? "far" : "b" + std::to_string(n + 1);
    const std::string target = n % 2 == 0 ? "far" : "farther";
    text += "b" + std::to_string(n) + ":\n  if v0 == " + std::to_string(n) + " then " + target + " else " +
            next + "\n";
  }
  const ir::Program many = program(text + "far:\n  return 1\nfarther:\n  return 2\n");
  const Result<Code> code = emit(many);
  ASSERT_TRUE(code) << code.error().text();
  ASSERT_EQ(many.blocks.size(), size_t{kBlocks} + 3);
  const uint32_t far = code->blocks[kBlocks + 1];
  const uint32_t farther = code->blocks[kBlocks + 2];
  size_t islands = 0;
  for (uint32_t b = 0; b <= kBlocks; ++b) {
    // The branch is the last of its block, or has an island behind it, which is leapt over.
    size_t at = code->blocks[b];
    while (code->instructions[at].code != (BPF_JMP | BPF_JEQ | BPF_K)) ++at;
    EXPECT_EQ(destination(*code, at), b == 0 || b % 2 == 1 ? far : farther) << b;
    if (at + 1 == code->blocks[b + 1]) continue;
    ++islands;
    ASSERT_EQ(code->instructions[at + 1].code, BPF_JMP | BPF_JA) << b;
    EXPECT_EQ(destination(*code, at + 1), b == kBlocks ? far : code->blocks[b + 1]) << b;
  }
  EXPECT_GE(islands, 1U);
}

TEST(Emit, RefusesAJumpThatIsTooLong) {
  std::string text =
      "hook \"fentry f\"\nentry typed\nvalues 1\n\nstart:\n  v0 = argument 0\n  if v0 == 1 then far else "
      "near\nnear:\n";
  for (int n = 0; n < 9000; ++n) text += "  call tl_count(0, 0)\n  call tl_count(1, 0)\n";
  const Result<Code> code = emit(program(text + "  goto far\nfar:\n  return\n"));
  ASSERT_FALSE(code);
  EXPECT_NE(code.error().text().find("longer than BPF allows"), std::string::npos);
}

TEST(Emit, LoadsNumbersOfAnySize) {
  const std::string text = listing(R"(hook "fentry f"
entry typed
values 1

start:
  v0 = argument 0
  if v0 == 0x123456789abc then yes else no
yes:
  return
no:
  return
)");
  EXPECT_NE(text.find("= 0x123456789abc ll"), std::string::npos) << text;
}

}  // namespace
}  // namespace tripline
