// SPDX-License-Identifier: Apache-2.0
#include "serve/time_message.h"

#include <google/protobuf/timestamp.pb.h>

#include <limits>

namespace tripline {
namespace {
constexpr int64_t kSecond = 1'000'000'000;
}

SplitTime split_time(int64_t time) {
  SplitTime split{time / kSecond, static_cast<int32_t>(time % kSecond)};
  if (split.nanoseconds < 0) {
    --split.seconds;
    split.nanoseconds += kSecond;
  }
  return split;
}

int64_t read_time(const google::protobuf::Timestamp& time) {
  int64_t sum = 0;
  // The seconds of the least time there is begin before it.
  const bool before = time.seconds() < 0;
  const int64_t seconds = before ? time.seconds() + 1 : time.seconds();
  const int64_t rest = before ? time.nanos() - kSecond : time.nanos();
  if (__builtin_mul_overflow(seconds, kSecond, &sum) || __builtin_add_overflow(sum, rest, &sum))
    return before ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  return sum;
}

}  // namespace tripline
