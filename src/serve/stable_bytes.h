// SPDX-License-Identifier: Apache-2.0
// A message as bytes whose maps are in the order of their keys: equal messages have equal ones, whatever the process.
#pragma once

#include <string>

namespace google::protobuf {
class Message;
}

namespace tripline {

[[nodiscard]] std::string stable_bytes(const google::protobuf::Message& message);

}  // namespace tripline
