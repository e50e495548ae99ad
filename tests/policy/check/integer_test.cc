// SPDX-License-Identifier: Apache-2.0
// Filters on integers: every type and operator, and what is wrong with their values.
#include <gtest/gtest.h>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

using Op = IntFilter::Op;

Verdict filter(std::string_view type, std::string_view fields) {
  return judge(policy_with(
      "  kprobes: [{call: takes_numbers, syscall: false, args: [{index: 0, type: " + std::string(type) +
      "}],\n   selectors: [{matchArgs: [{" + std::string(fields) + "}]}]}]\n"));
}

std::string told(std::string_view type, std::string_view fields) {
  return messages(filter(type, fields).diagnostics);
}

IntFilter only(std::string_view type, std::string_view fields) {
  const Verdict verdict = filter(type, fields);
  EXPECT_TRUE(verdict.checked) << verdict.text;
  if (!verdict.checked) return {};
  return std::get<IntFilter>(verdict.checked->hooks.at(0).selectors.at(0).filters.at(0));
}

TEST(CheckInteger, Operators) {
  EXPECT_EQ(only("int64", "operator: GT, values: ['5']").op, Op::kGreater);
  EXPECT_EQ(only("int64", "operator: GreaterThan, values: ['5']").op, Op::kGreater);
  EXPECT_EQ(only("int64", "operator: LT, values: ['5']").op, Op::kLess);
  EXPECT_EQ(only("int64", "operator: Mask, values: ['0x10']").op, Op::kMask);
  EXPECT_EQ(only("int64", "operator: InRange, values: ['1:2']").op, Op::kInRange);
  EXPECT_EQ(only("int64", "operator: NotInRange, values: ['1:2']").op, Op::kNotInRange);
  EXPECT_EQ(only("int64", "operator: InMap, values: ['1']").op, Op::kInRange);
  EXPECT_EQ(only("int64", "operator: NotInMap, values: ['1']").op, Op::kNotInRange);
}

TEST(CheckInteger, WidthsAndSigns) {
  EXPECT_EQ(only("int8", "operator: Equal, values: ['-128', '127']").values,
            (std::vector<IntRange>{{-128, -128}, {127, 127}}));
  EXPECT_EQ(only("uint64", "operator: Equal, values: ['0xffffffffffffffff']").values,
            (std::vector<IntRange>{{-1, -1}}));
  EXPECT_EQ(only("long", "operator: Equal, values: ['-9223372036854775808']").values,
            (std::vector<IntRange>{{INT64_MIN, INT64_MIN}}));
  EXPECT_EQ(only("size_t", "operator: GT, values: ['4294967296']").values,
            (std::vector<IntRange>{{4294967296, 4294967296}}));
  EXPECT_EQ(only("size_t", "operator: Equal, values: ['-1', '-14']").values,
            (std::vector<IntRange>{{-1, -1}, {-14, -14}}));
  EXPECT_FALSE(filter("size_t", "operator: Equal, values: ['-4294967296']").checked);
  EXPECT_FALSE(filter("uint64", "operator: Equal, values: ['-1']").checked);
  EXPECT_EQ(
      told("uint8", "operator: Equal, values: ['256', '-1']"),
      "6:75 warning: parameter 0 of \"takes_numbers\" is \"long a\"; as uint8 only its low 8 bits are read\n"
      "7:56 warning: \"256\" is outside the range of type uint8\n7:63 error: \"-1\" does not fit the "
      "argument's "
      "type\n");
}

// They are written in 32 bits.
TEST(CheckInteger, NumbersThatANarrowTypeCannotHold) {
  using Op = IntFilter::Op;
  using Ranges = std::vector<IntRange>;
  EXPECT_EQ(only("int16", "operator: Equal, values: ['70000', '7']").values, (Ranges{{7, 7}}));
  EXPECT_EQ(only("int16", "operator: NotEqual, values: ['70000']").values, Ranges{});
  EXPECT_EQ(only("int16", "operator: GT, values: ['70000', '32767']").values, Ranges{});
  EXPECT_EQ(only("int16", "operator: GT, values: ['-70000']").values, (Ranges{{-32768, 32767}}));
  EXPECT_EQ(only("uint8", "operator: LT, values: ['256']").values, (Ranges{{0, 255}}));
  const IntFilter both = only("int8", "operator: LT, values: ['-129', '5', '-128']");
  EXPECT_EQ(both.op, Op::kInRange);
  EXPECT_EQ(both.values, (Ranges{{-128, 4}}));
  EXPECT_EQ(only("int8", "operator: Mask, values: ['0x180']").values, (Ranges{{-128, -128}}));
  EXPECT_EQ(only("uint8", "operator: Mask, values: ['0x101']").values, (Ranges{{1, 1}}));
  EXPECT_EQ(told("uint16", "operator: GT, values: ['4294967296']"),
            "6:75 warning: parameter 0 of \"takes_numbers\" is \"long a\"; as uint16 only its low 16 bits "
            "are read\n"
            "7:53 error: \"4294967296\" does not fit the argument's type\n");
}

TEST(CheckInteger, Ranges) {
  EXPECT_EQ(only("int64", "operator: InRange, values: ['-5:0x10', '7:7']").values,
            (std::vector<IntRange>{{-5, 16}, {7, 7}}));
  // Cut to what the type holds; one that holds nothing of it, or is reversed, is told of and left out.
  EXPECT_EQ(only("int16", "operator: InRange, values: ['-100000:5', '5:4294967295']").values,
            (std::vector<IntRange>{{-32768, 5}, {5, 32767}}));
  EXPECT_EQ(only("uint64", "operator: InRange, values: ['-3:5', '-9:-1', '5:4']").values,
            (std::vector<IntRange>{{0, 5}}));
  EXPECT_EQ(
      told("int64", "operator: InRange, values: ['5:4', '5', 'a:b', '1:2:3', '1:99999999999999999999']"),
      "7:58 warning: no value of type int64 is in \"5:4\"\n7:65 error: \"5\" is not a valid range\n"
      "7:70 error: \"a:b\" is not a valid range\n7:77 error: \"1:2:3\" is not a valid range\n"
      "7:86 error: \"99999999999999999999\" does not fit in 64 bits\n");
}

TEST(CheckInteger, RangesThatATypeDoesNotHoldWhole) {
  const std::string cut =
      "6:75 warning: parameter 0 of \"takes_numbers\" is \"long a\"; as uint32 only its low "
      "32 bits are read\n";
  EXPECT_EQ(told("uint32", "operator: InRange, values: ['0:4294967295']"), cut);
  EXPECT_EQ(told("uint32", "operator: InRange, values: ['-1:5']"),
            cut + "7:58 warning: type uint32 can hold only part of \"-1:5\"\n");
  EXPECT_EQ(told("uint32", "operator: NotInRange, values: ['0:5000000000']"),
            cut + "7:61 error: \"5000000000\" does not fit in 32 bits\n");
  EXPECT_EQ(told("uint32", "operator: InMap, values: ['0:5000000000']"),
            cut + "7:56 warning: type uint32 can hold only part of \"0:5000000000\"\n");
}

TEST(CheckInteger, MapsAreDecimalNumbersAndRangesInAnyOrder) {
  EXPECT_EQ(only("int64", "operator: InMap, values: ['5', '9:7', '-2:-4']").values,
            (std::vector<IntRange>{{5, 5}, {7, 9}, {-4, -2}}));
  EXPECT_EQ(only("int64", "operator: InMap, values: ['010', '08', '-007:+00', '0']").values,
            (std::vector<IntRange>{{10, 10}, {8, 8}, {-7, 0}, {0, 0}}));
  EXPECT_EQ(told("int64", "operator: NotInMap, values: ['0b1', '', '-', '0_1']"),
            "7:59 error: \"0b1\" is not a valid range\n7:66 error: \"\" is not a valid range\n"
            "7:70 error: \"-\" is not a valid range\n7:75 error: \"0_1\" is not a valid range\n");
  EXPECT_EQ(told("int64", "operator: InMap, values: ['0x5', 'list:l']"),
            "7:56 error: \"0x5\" is not a valid range\n7:63 error: a list cannot be used here\n");
  EXPECT_EQ(told("int64", "operator: InMap"), "7:40 error: this filter has no values\n");
}

}  // namespace
}  // namespace tripline
