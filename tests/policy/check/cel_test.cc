// SPDX-License-Identifier: Apache-2.0
// Expressions: what they are parsed to, their types, and everything that can be wrong with one.
#include <gtest/gtest.h>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

using Kind = CelNode::Kind;
using Type = CelNode::Type;

// arg0 is an int64, arg1 a uint64, arg2 a uint32, arg3 an int, arg4 a uint8.
Verdict expression(const std::string& text) {
  return judge(
      policy_with("  kprobes: [{call: takes_numbers, syscall: false, args: [{index: 0, type: int64}, {index: "
                  "1, type: uint64},\n"
                  "   {index: 3, type: uint32}, {index: 3, type: int}, {index: 2, type: uint8}],\n"
                  "   selectors: [{matchArgs: [{operator: CelExpr, values: [\"" +
                  text + "\"]}]}]}]\n"));
}

CelNode parsed(const std::string& text) {
  const Verdict verdict = expression(text);
  EXPECT_TRUE(verdict.checked) << verdict.text;
  if (!verdict.checked) return {};
  return std::get<CelFilter>(verdict.checked->hooks.at(0).selectors.at(0).filters.at(0)).expression;
}

std::string told(const std::string& text) {
  const std::string all = messages(expression(text).diagnostics);
  constexpr std::string_view kPlace = "8:58 error: invalid expression at ";
  EXPECT_TRUE(all.starts_with(kPlace)) << all;
  return all.substr(std::min(kPlace.size(), all.size()));
}

CelNode argument(uint32_t position, Type type) { return {.kind = Kind::kArg, .type = type, .arg = position}; }
CelNode number(int64_t value, Type type) { return {.kind = Kind::kNumber, .type = type, .number = value}; }
CelNode two(Kind kind, Type type, CelNode left, CelNode right) {
  return {.kind = kind, .type = type, .operands = {std::move(left), std::move(right)}};
}

TEST(CheckCel, NumbersAndNames) {
  EXPECT_EQ(parsed("arg0 == 5"),
            two(Kind::kEqual, Type::kBool, argument(0, Type::kInt), number(5, Type::kInt)));
  EXPECT_EQ(parsed("arg0 == -0x10"),
            two(Kind::kEqual, Type::kBool, argument(0, Type::kInt), number(-16, Type::kInt)));
  EXPECT_EQ(parsed("arg0 == 010"),
            two(Kind::kEqual, Type::kBool, argument(0, Type::kInt), number(10, Type::kInt)));
  EXPECT_EQ(parsed("arg1 == 18446744073709551615u"),
            two(Kind::kEqual, Type::kBool, argument(1, Type::kUint), number(-1, Type::kUint)));
  EXPECT_EQ(parsed("true"), number(1, Type::kBool));
  EXPECT_EQ(parsed("arg3 == int32(-1)").operands.at(1),
            (CelNode{.kind = Kind::kCast, .type = Type::kInt32, .operands = {number(-1, Type::kInt)}}));
  EXPECT_EQ(parsed("arg2 == uint32(3u)").operands.at(1).type, Type::kUint32);
}

TEST(CheckCel, BindsAsTheLanguageDoes) {
  const CelNode either = parsed("arg0 < 1 && arg0 > 2 || !(arg0 == 3)");
  EXPECT_EQ(either.kind, Kind::kOr);
  EXPECT_EQ(either.operands.at(0).kind, Kind::kAnd);
  EXPECT_EQ(either.operands.at(1).kind, Kind::kNot);
  const CelNode sum = parsed("arg0 - 1 + 2 >= and(arg0, not(7))");
  EXPECT_EQ(sum.kind, Kind::kGreaterEqual);
  EXPECT_EQ(sum.operands.at(0).kind, Kind::kAdd);
  EXPECT_EQ(sum.operands.at(0).operands.at(0).kind, Kind::kSubtract);
  EXPECT_EQ(sum.operands.at(1).kind, Kind::kBitAnd);
  EXPECT_EQ(parsed("(arg0 == 1) != (arg0 == 2)").kind, Kind::kNotEqual);
}

TEST(CheckCel, WhatIsWrong) {
  EXPECT_EQ(told("arg0"), "character 5: the expression is of type int, not bool\n");
  EXPECT_EQ(told("arg0 == arg1"),
            "character 13: a comparison cannot be applied to int and uint; int32() and uint32() convert from "
            "int and "
            "uint\n");
  EXPECT_EQ(told("true < false"),
            "character 13: a comparison cannot be applied to bool and bool; int32() and uint32() convert "
            "from int and "
            "uint\n");
  EXPECT_EQ(told("arg4 == 1"), "character 1: \"arg4\" is of type uint8, which an expression cannot use\n");
  EXPECT_EQ(told("arg5 == 1"), "character 1: \"arg5\" is not in args, which has 5 elements\n");
  EXPECT_EQ(told("x == 1"),
            "character 1: unknown name \"x\"; the elements of args are arg0, arg1 and so on\n");
  EXPECT_EQ(told("arg0 == 1 ? true : false"), "character 11: expected an operator or the end\n");
  EXPECT_EQ(told("arg0 =="), "character 8: the expression is incomplete\n");
  EXPECT_EQ(told("(arg0 == 1"), "character 11: a parenthesis is not closed\n");
  EXPECT_EQ(told("arg0 == 'a'"), "character 9: expected a number, a name or a parenthesis\n");
  EXPECT_EQ(told("-arg0 == 1"), "character 1: \"-a\" is not a valid 64-bit number\n");
  EXPECT_EQ(told("arg0 == 99999999999999999999"),
            "character 9: \"99999999999999999999\" is not a valid 64-bit number\n");
  EXPECT_EQ(told("size(arg0) == 1"),
            "character 1: unknown function \"size\"; the functions are int32, uint32, and, or, xor, not\n");
  EXPECT_EQ(told("int32(arg1) == arg3"), "character 12: int32() takes one int\n");
  EXPECT_EQ(told("!arg0"), "character 6: '!' takes a bool, not int\n");
  EXPECT_EQ(told(std::string(200, '(')), "character 66: the expression is too deep\n");
}

// Each makes the tree one node deeper, or wider.
TEST(CheckCel, LongExpressions) {
  const auto repeated = [](const std::string& text, size_t count) {
    std::string out;
    for (; count > 0; --count) out += text;
    return out;
  };
  EXPECT_EQ(parsed("arg0 == 1" + repeated("+1", 998)).kind, Kind::kEqual);
  EXPECT_EQ(told("arg0 == 1" + repeated("+1", 500'000)),
            "character 2007: the expression has more than 1000 terms\n");
  for (const std::string more : {" == true", " && true", " || true"}) {
    const std::string text = told("true" + repeated(more, 100'000));
    EXPECT_TRUE(text.ends_with(": the expression has more than 1000 terms\n")) << text;
  }
}

}  // namespace
}  // namespace tripline
