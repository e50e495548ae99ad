// SPDX-License-Identifier: Apache-2.0
#include "serve/time.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Time, AsManyDigitsAsNeeded) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(1'700'000'000'000'000'000), "2023-11-14T22:13:20Z");
  EXPECT_EQ(rfc3339(1'700'000'000'120'000'000), "2023-11-14T22:13:20.120Z");
  EXPECT_EQ(rfc3339(1'700'000'000'000'120'000), "2023-11-14T22:13:20.000120Z");
  EXPECT_EQ(rfc3339(1'700'000'000'000'000'001), "2023-11-14T22:13:20.000000001Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
}

TEST(Time, NineDigits) {
  EXPECT_EQ(rfc3339_nano(1'700'000'000'000'000'000), "2023-11-14T22:13:20.000000000Z");
  EXPECT_EQ(rfc3339_nano(1'700'000'000'012'345'678), "2023-11-14T22:13:20.012345678Z");
}

}  // namespace
}  // namespace tripline
