// SPDX-License-Identifier: Apache-2.0
#include "flags/number.h"

#include <gtest/gtest.h>

namespace tripline::flags {
namespace {

TEST(Number, IntegersOfAllBases) {
  EXPECT_EQ(parse_int("12"), 12);
  EXPECT_EQ(parse_int("-0x1f"), -31);
  EXPECT_EQ(parse_int("0o17"), 15);
  EXPECT_EQ(parse_int("017"), 15);
  EXPECT_EQ(parse_int("0b101"), 5);
  EXPECT_EQ(parse_int("1_000"), 1000);
  EXPECT_EQ(parse_int("0x_1"), 1);
  EXPECT_EQ(parse_int("0"), 0);
  EXPECT_EQ(parse_int("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(parse_uint("18446744073709551615"), std::numeric_limits<uint64_t>::max());
}

TEST(Number, WhatIsWrongIsSaidAsGoDoes) {
  EXPECT_EQ(parse_int("many").error(), R"(strconv.ParseInt: parsing "many": invalid syntax)");
  EXPECT_EQ(parse_int("").error(), R"(strconv.ParseInt: parsing "": invalid syntax)");
  EXPECT_EQ(parse_int("9223372036854775808").error(),
            R"(strconv.ParseInt: parsing "9223372036854775808": value out of range)");
  EXPECT_EQ(parse_uint("-1").error(), R"(strconv.ParseUint: parsing "-1": invalid syntax)");
  EXPECT_EQ(decimal("1X").error(), R"(strconv.Atoi: parsing "1X": invalid syntax)");
  for (const char* wrong : {"_1", "1_", "1__0", "0x", "08", " 1", "1 ", "+-1", "--1", "0x-1"})
    EXPECT_FALSE(parse_int(wrong)) << wrong;
  EXPECT_FALSE(decimal("0x10"));
  EXPECT_FALSE(decimal("1_0"));
  EXPECT_EQ(decimal("010"), 10);
}

TEST(Number, TruthValues) {
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"}) EXPECT_EQ(parse_bool(yes), true);
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"}) EXPECT_EQ(parse_bool(no), false);
  EXPECT_EQ(parse_bool("yes").error(), R"(strconv.ParseBool: parsing "yes": invalid syntax)");
}

}  // namespace
}  // namespace tripline::flags
