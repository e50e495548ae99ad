// SPDX-License-Identifier: Apache-2.0
// Values into fields of messages. Numbers that do not fit are an error; null leaves a message field unset.
#pragma once

#include <expected>
#include <string>

#include "cel/value.h"

namespace google::protobuf {
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace tripline::cel {

[[nodiscard]] std::expected<void, std::string> fill_field(google::protobuf::Message& message,
                                                          const google::protobuf::FieldDescriptor& field,
                                                          const Value& value);

}  // namespace tripline::cel
