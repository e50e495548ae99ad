// SPDX-License-Identifier: Apache-2.0
#include "load/refusal.h"

#include <gtest/gtest.h>

#include "privileges.h"

namespace tripline {
namespace {

constexpr std::string_view kLog = R"(func#0 @0
0: R1=ctx() R10=fp0
; int judge(void *ctx)
0: (79) r6 = *(u64 *)(r1 +0)          ; R1=ctx() R6_w=scalar()
1: (85) call pc+3
caller:
 R10=fp0
callee:
 frame1: R1=ctx() R10=fp0
5: (b7) r0 = 1                        ; frame1: R0_w=1
6: (0f) r2 += r9
R9 !read_ok
processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
)";

LineInfo line(std::string function, uint32_t instruction, int number) {
  return {std::move(function), instruction, "p.yaml", {number, 7, 3}};
}

TEST(LastWord, IsTheLineBeforeTheStatistics) {
  const VerifierWord word = last_word(kLog, {});
  EXPECT_EQ(word.line, "R9 !read_ok");
  EXPECT_EQ(word.instruction, 6);
  EXPECT_EQ(word.place, "");
}

TEST(LastWord, NamesThePolicyLineOfTheSubprogram) {
  const LineInfo lines[] = {line("", 0, 10), line("tl_judge", 0, 20), line("tl_judge", 1, 21),
                            line("tl_judge", 9, 22)};
  EXPECT_EQ(last_word(kLog, lines).place, "p.yaml:21:7");
}

TEST(LastWord, NamesThePolicyLineOfTheProgram) {
  const LineInfo lines[] = {line("", 0, 10), line("", 1, 11), line("", 4, 12)};
  EXPECT_EQ(last_word("1: (95) exit\nR0 !read_ok\nprocessed 1 insns\n", lines).place, "p.yaml:11:7");
}

TEST(LastWord, InALibraryFunctionThePlaceIsThatOfTheCall) {
  const std::string log =
      "0: (85) call pc+1\n2: (b7) r1 = 0\n3: (85) call pc+2\n6: (71) r0 = *(u8 *)(r1 +0)\nR1 invalid mem "
      "access\n";
  const LineInfo lines[] = {line("tl_judge", 0, 20), line("tl_judge", 1, 21), line("tl_judge", 3, 23)};
  EXPECT_EQ(last_word(log, lines).place, "p.yaml:21:7");
}

TEST(LastWord, NamesTheArgumentAndWhatWouldHelp) {
  LineInfo lines[] = {line("", 0, 10), line("", 1, 11), line("", 2, 12)};
  lines[1].argument = "args[1] of f, type string";
  const auto explain = [&](std::string_view log) { return explained(last_word(log, lines)); };
  EXPECT_EQ(explain("1: (79) r2 = *(u64 *)(r1 +24)\ninvalid bpf_context access off=24 size=8\n"),
            "p.yaml:11:7: reading args[1] of f, type string: the verifier says: invalid bpf_context access "
            "off=24 size=8 (instruction 1); leave this argument out, or hook another "
            "function that has it");
  EXPECT_EQ(explain("1: (bc) w2 = w1\nR2 32-bit pointer arithmetic prohibited\n"),
            "p.yaml:11:7: reading args[1] of f, type string: the verifier says: R2 32-bit pointer arithmetic "
            "prohibited (instruction 1); it is a pointer where an integer is needed: check the index");
  EXPECT_EQ(explain("2: (95) exit\nR0 !read_ok\n"),
            "p.yaml:12:7: the verifier says: R0 !read_ok (instruction 2)");
  EXPECT_EQ(
      explain("BPF program is too large. Processed 1000001 insn\n"),
      "the verifier says: BPF program is too large. Processed 1000001 insn; the hook is too large for this "
      "kernel: use fewer selectors or values");
}

TEST(LastWord, OfNothingIsNothing) {
  EXPECT_EQ(last_word("", {}).line, "");
  EXPECT_EQ(last_word("\n\n", {}).line, "");
  EXPECT_EQ(last_word("processed 0 insns", {}).line, "");
}

TEST(LastWord, DoesNotMindDamage) {
  EXPECT_EQ(last_word("99999999999999999999: (85) call pc+99999999999999999999\nx", {}).line, "x");
  EXPECT_EQ(last_word("1: (85) call pc+", {}).instruction, 1);
}

TEST(Advice, SaysNothingAboutOrdinaryErrors) { EXPECT_EQ(advice(EINVAL), ""); }

TEST(Advice, NamesTheMissingCapabilities) {
  EXPECT_EQ(without_privileges([] {
              const std::string text = advice(EPERM);
              return text.find("CAP_BPF") != std::string::npos && text.find("root") != std::string::npos ? 0
                                                                                                         : 1;
            }),
            0);
}

}  // namespace
}  // namespace tripline
