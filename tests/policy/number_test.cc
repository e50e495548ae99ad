// SPDX-License-Identifier: Apache-2.0
#include "policy/number.h"

#include <gtest/gtest.h>

namespace tripline::policy {
namespace {

struct Good {
  std::string_view text;
  bool negative;
  uint64_t magnitude;
};

TEST(Number, ReadsEveryBase) {
  const Good cases[] = {
      {"0", false, 0},
      {"-0", false, 0},
      {"+7", false, 7},
      {"-7", true, 7},
      {"010", false, 8},
      {"0o10", false, 8},
      {"0O17", false, 15},
      {"0x10", false, 16},
      {"0XfF", false, 255},
      {"-0x80000000", true, 0x80000000},
      {"0b101", false, 5},
      {"0B1", false, 1},
      {"00", false, 0},
      {"1_000", false, 1000},
      {"0x_ff", false, 255},
      {"0_7", false, 7},
      {"1_0_0", false, 100},
      {"18446744073709551615", false, UINT64_MAX},
      {"-9223372036854775808", true, uint64_t{1} << 63},
      {"0x0000000000000000000000001", false, 1},
  };
  for (const Good& each : cases) {
    const auto number = parse_integer(each.text);
    ASSERT_TRUE(number) << each.text;
    EXPECT_EQ(number->negative, each.negative) << each.text;
    EXPECT_EQ(number->magnitude, each.magnitude) << each.text;
  }
}

TEST(Number, RefusesWhatIsNone) {
  for (const std::string_view text : {"",
                                      "-",
                                      "+",
                                      " 5",
                                      "5 ",
                                      "abc",
                                      "1.0",
                                      "1e3",
                                      "0x",
                                      "0b",
                                      "0o",
                                      "08",
                                      "0b2",
                                      "0xg",
                                      "_1",
                                      "1_",
                                      "1__0",
                                      "0x_",
                                      "0x1_",
                                      "--1",
                                      "+-1",
                                      "0_",
                                      "1,000",
                                      "\xc2\xa0"
                                      "5",
                                      "0x-1"}) {
    const auto number = parse_integer(text);
    ASSERT_FALSE(number) << text;
    EXPECT_EQ(number.error(), NumberError::kSyntax) << text;
  }
}

TEST(Number, RefusesWhatIsTooLarge) {
  for (const std::string_view text :
       {"18446744073709551616", "0x10000000000000000", "99999999999999999999999999"}) {
    const auto number = parse_integer(text);
    ASSERT_FALSE(number) << text;
    EXPECT_EQ(number.error(), NumberError::kRange) << text;
  }
}

TEST(Number, FitsIntoSoManyBits) {
  EXPECT_EQ(to_signed({false, 0x7fffffff}, 32), 0x7fffffff);
  EXPECT_EQ(to_signed({false, 0x80000000}, 32), std::nullopt);
  EXPECT_EQ(to_signed({true, 0x80000000}, 32), INT32_MIN);
  EXPECT_EQ(to_signed({true, 0x80000001}, 32), std::nullopt);
  EXPECT_EQ(to_signed({true, uint64_t{1} << 63}, 64), INT64_MIN);
  EXPECT_EQ(to_signed({false, uint64_t{1} << 63}, 64), std::nullopt);
  EXPECT_EQ(to_signed({true, 128}, 8), -128);
  EXPECT_EQ(to_unsigned({false, 255}, 8), 255U);
  EXPECT_EQ(to_unsigned({false, 256}, 8), std::nullopt);
  EXPECT_EQ(to_unsigned({false, UINT64_MAX}, 64), UINT64_MAX);
  EXPECT_EQ(to_unsigned({true, 1}, 64), std::nullopt);
}

}  // namespace
}  // namespace tripline::policy
