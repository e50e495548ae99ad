// SPDX-License-Identifier: Apache-2.0
#include "serve/time_message.h"

#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include <limits>

namespace tripline {
namespace {

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

google::protobuf::Timestamp at(int64_t seconds, int32_t nanos) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

TEST(TimeMessage, AnyTimeAndBack) {
  for (int64_t time :
       {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{999'999'999}, int64_t{1'000'000'000},
        int64_t{-1'000'000'000}, int64_t{-1'000'000'001}, kLeast, kLeast + 1, kMost, kMost - 1}) {
    const SplitTime split = split_time(time);
    EXPECT_GE(split.nanoseconds, 0);
    EXPECT_LT(split.nanoseconds, 1'000'000'000);
    EXPECT_EQ(read_time(at(split.seconds, split.nanoseconds)), time);
  }
}

TEST(TimeMessage, Before1970) {
  EXPECT_EQ(split_time(-1).seconds, -1);
  EXPECT_EQ(split_time(-1).nanoseconds, 999'999'999);
}

TEST(TimeMessage, NoInt64) {
  EXPECT_EQ(read_time(at(std::numeric_limits<int64_t>::max(), 0)), kMost);
  EXPECT_EQ(read_time(at(std::numeric_limits<int64_t>::min(), 0)), kLeast);
  EXPECT_EQ(read_time(at(std::numeric_limits<int64_t>::max(), std::numeric_limits<int32_t>::min())), kMost);
  EXPECT_EQ(read_time(at(9'223'372'036, 854'775'808)), kMost);
  EXPECT_EQ(read_time(at(-9'223'372'037, 145'224'191)), kLeast);
}

}  // namespace
}  // namespace tripline
