// SPDX-License-Identifier: Apache-2.0
// Messages of the API as JSON, by protobuf itself. Slower than json.h, but it shows every message whole, also what no
// Event says; and the way in for events that are kept as JSON lines.
#pragma once

#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace tripline {

// One line without its end: names as in the .proto file, members in the order of their numbers. Empty when the message
// cannot be shown, as one with a time outside the years 1 to 9999.
[[nodiscard]] std::string message_to_json(const google::protobuf::Message& message);

// The same on several lines, indented, for people.
[[nodiscard]] std::string message_to_indented_json(const google::protobuf::Message& message);

// Whether `json` is JSON and its known members have values of their types; if not, `out` may hold part of it. Names may
// be written as in the .proto file or in camel case. Members and names of enumerators that are not known are passed
// over, so `{}` and an event of a later version give a message without an event.
[[nodiscard]] bool message_from_json(std::string_view json, google::protobuf::Message& out);

}  // namespace tripline
