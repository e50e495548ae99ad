// SPDX-License-Identifier: Apache-2.0
#include "flags/duration.h"

#include <gtest/gtest.h>

#include <random>

namespace tripline::flags {
namespace {

using std::chrono::nanoseconds;

TEST(Duration, Reads) {
  EXPECT_EQ(parse_duration("30s"), std::chrono::seconds(30));
  EXPECT_EQ(parse_duration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(parse_duration("1.5s"), std::chrono::milliseconds(1500));
  EXPECT_EQ(parse_duration("-2ms"), std::chrono::milliseconds(-2));
  EXPECT_EQ(parse_duration("+.5us"), nanoseconds(500));
  EXPECT_EQ(parse_duration("1\u00b5s"), nanoseconds(1000));
  EXPECT_EQ(parse_duration("1\u03bcs"), nanoseconds(1000));
  EXPECT_EQ(parse_duration("0"), nanoseconds(0));
  EXPECT_EQ(parse_duration("-9223372036854775808ns"), nanoseconds(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(parse_duration("0.3333333333333333333h"), std::chrono::minutes(20));
}

TEST(Duration, WhatIsWrongIsSaidAsGoDoes) {
  EXPECT_EQ(parse_duration("x").error(), R"(time: invalid duration "x")");
  EXPECT_EQ(parse_duration("").error(), R"(time: invalid duration "")");
  EXPECT_EQ(parse_duration("-").error(), R"(time: invalid duration "-")");
  EXPECT_EQ(parse_duration("5").error(), R"(time: missing unit in duration "5")");
  EXPECT_EQ(parse_duration("5x").error(), R"(time: unknown unit "x" in duration "5x")");
  EXPECT_EQ(parse_duration("1d").error(), R"(time: unknown unit "d" in duration "1d")");
  EXPECT_EQ(parse_duration("9223372036854775808ns").error(),
            R"(time: invalid duration "9223372036854775808ns")");
  EXPECT_EQ(parse_duration("3000000h").error(), R"(time: invalid duration "3000000h")");
  EXPECT_EQ(parse_duration(".s").error(), R"(time: invalid duration ".s")");
}

TEST(Duration, Writes) {
  EXPECT_EQ(duration_text(nanoseconds(0)), "0s");
  EXPECT_EQ(duration_text(std::chrono::hours(1)), "1h0m0s");
  EXPECT_EQ(duration_text(std::chrono::seconds(90)), "1m30s");
  EXPECT_EQ(duration_text(std::chrono::milliseconds(1500)), "1.5s");
  EXPECT_EQ(duration_text(std::chrono::milliseconds(20)), "20ms");
  EXPECT_EQ(duration_text(nanoseconds(1100)), "1.1\u00b5s");
  EXPECT_EQ(duration_text(nanoseconds(7)), "7ns");
  EXPECT_EQ(duration_text(nanoseconds(-7)), "-7ns");
  EXPECT_EQ(duration_text(nanoseconds(std::numeric_limits<int64_t>::min())), "-2562047h47m16.854775808s");
}

TEST(Duration, WhatIsWrittenIsReadBack) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 1000; ++round) {
    const nanoseconds one(static_cast<int64_t>(random() >> (random() % 64)));
    EXPECT_EQ(parse_duration(duration_text(one)), one);
  }
}

}  // namespace
}  // namespace tripline::flags
