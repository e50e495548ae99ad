// SPDX-License-Identifier: Apache-2.0
#include "agent/throttles.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

TEST(Throttles, BeginOnceAndEndAfterFiveSecondsWithoutOneTooMany) {
  Throttles throttles;
  EXPECT_FALSE(throttles.any());
  EXPECT_TRUE(throttles.begin(7, "hot"));
  EXPECT_FALSE(throttles.begin(7, "hot")) << "another CPU";
  EXPECT_TRUE(throttles.begin(8, ""));
  const auto over = [](uint64_t cgroup) { return cgroup == 7 ? 10 * kSecond : 13 * kSecond; };
  EXPECT_TRUE(throttles.end(14 * kSecond, over).empty());
  EXPECT_EQ(throttles.end(15 * kSecond, over), std::vector<std::string>{"hot"});
  EXPECT_EQ(throttles.end(20 * kSecond, over), std::vector<std::string>{""});
  EXPECT_FALSE(throttles.any());
  EXPECT_TRUE(throttles.begin(7, "hot")) << "again";
}

}  // namespace
}  // namespace tripline
