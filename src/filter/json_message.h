// SPDX-License-Identifier: Apache-2.0
// Messages from JSON that a person wrote. Stricter than message_json.h, which reads what programs wrote: a member that is
// not known, one that is there twice or a value of another type is an error, which says where it is and, if it can, what
// was meant. Names may be in snake_case or camelCase, enumerators may be numbers.
//
// It knows what the messages of settings are made of: texts, unsigned numbers, enumerators, messages, BoolValue and
// FieldMask (a text with commas). A message with anything else is not for it.
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
