// SPDX-License-Identifier: Apache-2.0
// Messages from hand-written JSON. Stricter than message_json.h, which reads machine-written JSON: an unknown
// member, a duplicate or a value of another type is an error, with its position and, if possible, a suggestion.
// Names may be in snake_case or camelCase, enumerators may be numbers.
//
// It supports only the types that settings use: strings, unsigned numbers, enumerators, messages, BoolValue and
// FieldMask (a string with commas).
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace tripline {

// Reads the objects of `text`, which follow one another; each goes into the message that `next` returns, which is empty.
// The error's place is counted from the start of `text`.
[[nodiscard]] std::expected<void, std::string> read_objects(
    std::string_view text, const std::function<google::protobuf::Message&()>& next);

}  // namespace tripline
