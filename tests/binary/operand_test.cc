// SPDX-License-Identifier: Apache-2.0
#include "binary/operand.h"

#include <gtest/gtest.h>

namespace tripline::binary {
namespace {

constexpr uint64_t kProbe = 0x1000;

Operand parse(std::string_view text, bool is_fixed = false) {
  return parse_operand(text, {kProbe, is_fixed, [](std::string_view symbol) -> std::optional<uint64_t> {
                                if (symbol == "counter" || symbol == "a.b$1") return 0x4000;
                                return std::nullopt;
                              }});
}

// What it is in a few words, so that tables of them can be read.
std::string told(const Operand& operand) {
  std::string out =
      (operand.is_signed ? "-" : "") + std::to_string(operand.size) + (operand.is_float ? "f" : "");
  switch (operand.kind) {
    case Operand::Kind::kUnreadable:
      return "unreadable: " + operand.why;
    case Operand::Kind::kConstant:
      return out + " constant " + std::to_string(operand.constant);
    case Operand::Kind::kRegister:
      return out + " register " + std::string(register_name(operand.base)) +
             (operand.is_high_byte ? " high" : "");
    case Operand::Kind::kMemory:
      break;
  }
  out += " memory " + std::to_string(operand.displacement);
  if (operand.base != Register::kNone) out += " + " + std::string(register_name(operand.base));
  if (operand.index != Register::kNone)
    out += " + " + std::to_string(operand.scale) + "*" + std::string(register_name(operand.index));
  return out;
}

TEST(Operand, Registers) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"8@%rax", "8 register rax"},       {"-4@%edi", "-4 register rdi"}, {"2@%ax", "2 register rax"},
      {"-2@%si", "-2 register rsi"},      {"1@%al", "1 register rax"},    {"1@%ah", "1 register rax high"},
      {"-1@%dh", "-1 register rdx high"}, {"1@%sil", "1 register rsi"},   {"1@%spl", "1 register rsp"},
      {"8@%r8", "8 register r8"},         {"4@%r8d", "4 register r8"},    {"2@%r15w", "2 register r15"},
      {"-1@%r9b", "-1 register r9"},      {"4@%ebp", "4 register rbp"},   {"8f@%rcx", "8f register rcx"},
      {"4@%rax", "4 register rax"},       {"8@%eax", "8 register rax"},   {"4@%ah", "4 register rax"},
      {"%rax", "8 register rax"},         {"%esi", "4 register rsi"},     {"%bp", "2 register rbp"},
      {"%bl", "1 register rbx"},          {"%ch", "1 register rcx high"}, {"8@%rip", "8 register rip"},
  };
  for (const auto& [text, wanted] : cases) {
    EXPECT_EQ(told(parse(text)), wanted) << text;
    EXPECT_EQ(parse(text).text, text);
  }
}

TEST(Operand, RegistersThatThereAreNot) {
  for (const char* text : {"8@%", "8@%rxx", "8@%r16", "8@%r7", "8@%eip", "8@%xl", "8@%rax%rbx", "8@%r",
                           "8@%e", "8@rax", "8@%r8q", "8@%rl", "8@%raxl"})
    EXPECT_EQ(parse(text).kind, Operand::Kind::kUnreadable) << text;
  EXPECT_EQ(told(parse("8f@%xmm0")), "unreadable: is in a vector or floating-point register");
  EXPECT_EQ(told(parse("8@%fs:8")), "unreadable: is relative to a segment register");
  EXPECT_EQ(told(parse("4@%fs:errno@tpoff")), "unreadable: is relative to a segment register");
}

TEST(Operand, Constants) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"-4@$42", "-4 constant 42"},
      {"-4@$-7", "-4 constant -7"},
      {"4@$-1", "4 constant 4294967295"},
      {"-1@$255", "-1 constant -1"},
      {"2@$65537", "2 constant 1"},
      {"8@$0x10", "8 constant 16"},
      {"8@$-1", "8 constant -1"},
      {"-8@$9223372036854775807", "-8 constant 9223372036854775807"},
      {"8@$18446744073709551615", "8 constant -1"},
      {"$5", "-8 constant 5"},
      {"8f@$0", "8f constant 0"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(told(parse(text)), wanted) << text;
  for (const char* text :
       {"4@$", "4@$x1", "4@$1x", "4@$1(%rax)", "4@$99999999999999999999", "4@$--1", "4@$1+"})
    EXPECT_EQ(parse(text).kind, Operand::Kind::kUnreadable) << text;
  EXPECT_EQ(told(parse("8@$counter", true)), "8 constant 16384");
  EXPECT_EQ(told(parse("8@$counter")),
            "unreadable: is an address that is known only once the file is mapped");
}

TEST(Operand, Memory) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"-4@-20(%rbp)", "-4 memory -20 + rbp"},
      {"8@(%rax)", "8 memory 0 + rax"},
      {"1@0x10(%rsp)", "1 memory 16 + rsp"},
      {"8@8(%rax,%rbx,4)", "8 memory 8 + rax + 4*rbx"},
      {"4@(%rax,%rbx)", "4 memory 0 + rax + 1*rbx"},
      {"2@(,%rbx,8)", "2 memory 0 + 8*rbx"},
      {"-2@-16(,%r12,2)", "-2 memory -16 + 2*r12"},
      {"8@8+8(%rdi)", "8 memory 16 + rdi"},
      {"8@16-24(%rdi)", "8 memory -8 + rdi"},
      {"(%rdi)", "8 memory 0 + rdi"},
      {"-8(%rdi)", "8 memory -8 + rdi"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(told(parse(text)), wanted) << text;
  for (const char* text : {"8@(%eax)",
                           "8@()",
                           "8@(%rax",
                           "8@(%rax)x",
                           "8@8",
                           "8@",
                           "",
                           "@",
                           "8@(%rax,%rbx,3)",
                           "8@(%rax,%rsp)",
                           "8@(%rax,)",
                           "8@(%rax,%rbx,)",
                           "8@-(%rax)",
                           "8@1 2(%rax)",
                           "8@8(%rip)",
                           "8@-a(%rip)",
                           "8@a.b$1(%rip,%rax)",
                           "4@DWORD PTR [rbp-20]",
                           "8@(%rax,%rip)",
                           "8@a.b$1+counter(%rip)"})
    if (std::string_view(text) == "8@8")
      EXPECT_EQ(told(parse(text)), "8 memory 8") << "an absolute address";
    else
      EXPECT_EQ(parse(text).kind, Operand::Kind::kUnreadable) << text;
}

// The file knows where they are, but not where it will be mapped: relative to the probe they are always in one place.
TEST(Operand, Symbols) {
  EXPECT_EQ(told(parse("4@counter(%rip)")), "4 memory 12288 + rip");
  EXPECT_EQ(told(parse("4@-8+counter(%rip)")), "4 memory 12280 + rip");
  EXPECT_EQ(told(parse("4@counter+8(%rip)")), "4 memory 12296 + rip");
  EXPECT_EQ(told(parse("4@a.b$1(%rip)")), "4 memory 12288 + rip");
  EXPECT_EQ(told(parse("4@other(%rip)")), "unreadable: needs the symbol other, which the file does not have");
  EXPECT_EQ(told(parse("4@counter@GOTPCREL(%rip)")), "unreadable: is found through a table of the linker");
  EXPECT_EQ(told(parse("4@counter", true)), "4 memory 16384");
  EXPECT_EQ(told(parse("4@counter(,%rax,4)", true)), "4 memory 16384 + 4*rax");
  EXPECT_EQ(told(parse("4@counter(,%rax,4)")),
            "unreadable: is at an address that is known only once the file is mapped");
}

TEST(Operand, Sizes) {
  for (const char* text : {"16@%rax", "3@%rax", "0@%rax", "-16@$1", "12345678901234567890@%rax"})
    EXPECT_EQ(told(parse(text)), "unreadable: has more bytes than a number, or a size that is none") << text;
}

TEST(Operand, SymbolsThatTheyName) {
  EXPECT_EQ(operand_symbol("4@counter(%rip)"), "counter");
  EXPECT_EQ(operand_symbol("4@-8+counter(%rip)"), "counter");
  EXPECT_EQ(operand_symbol("8@$counter"), "counter");
  for (const char* text : {"4@%rax", "4@-8(%rax)", "4@$3", "16@counter(%rip)", "", "4@%fs:x"})
    EXPECT_EQ(operand_symbol(text), "") << text;
}

TEST(Operand, Split) {
  using Words = std::vector<std::string_view>;
  EXPECT_EQ(split_operands(""), Words{});
  EXPECT_EQ(split_operands("  "), Words{});
  EXPECT_EQ(split_operands("-4@%edi 8@%rsi"), (Words{"-4@%edi", "8@%rsi"}));
  EXPECT_EQ(split_operands(" 8@8(%rax,%rbx,4)  %rdi $5 "), (Words{"8@8(%rax,%rbx,4)", "%rdi", "$5"}));
  EXPECT_EQ(split_operands("-4@DWORD PTR [rbp-20] 8@rax 8@OFFSET FLAT:x"),
            (Words{"-4@DWORD PTR [rbp-20]", "8@rax", "8@OFFSET FLAT:x"}));
}

}  // namespace
}  // namespace tripline::binary
