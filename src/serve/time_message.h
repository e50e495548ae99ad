// SPDX-License-Identifier: Apache-2.0
// Nanoseconds since 1970 as the Timestamp of a message, and back. Any int64 has one; a Timestamp before 1678 or after
// 2261 is no int64, and becomes the nearest.
#pragma once

#include <cstdint>

namespace google::protobuf {
class Timestamp;
}

namespace tripline {

void write_time(int64_t time, google::protobuf::Timestamp& out);
[[nodiscard]] int64_t read_time(const google::protobuf::Timestamp& time);

}  // namespace tripline
