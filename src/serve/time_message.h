// SPDX-License-Identifier: Apache-2.0
// Nanoseconds since 1970 in the two parts of a Timestamp, and back. Any int64 has one; a Timestamp before 1678 or after
// 2261 is no int64, and becomes the nearest.
#pragma once

#include <cstdint>

namespace google::protobuf {
class Timestamp;
}

namespace tripline {

struct SplitTime {
  int64_t seconds = 0;      // may be below zero
  int32_t nanoseconds = 0;  // not below zero: they count upwards before 1970, too
};
[[nodiscard]] SplitTime split_time(int64_t time);
[[nodiscard]] int64_t read_time(const google::protobuf::Timestamp& time);

}  // namespace tripline
