// SPDX-License-Identifier: Apache-2.0
// Messages as values: types, fields and names, reading and creating them. Messages that stand for other values, such
// as google.protobuf.Int64Value or Struct, become those values: expressions never see them as messages.
//
// Names are those of the linked-in messages.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cel/frame.h"
#include "cel/type.h"
#include "cel/value.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace tripline::cel {

[[nodiscard]] const google::protobuf::Descriptor* find_message(const std::string& full_name);
[[nodiscard]] const google::protobuf::FieldDescriptor* find_field(const google::protobuf::Descriptor& message,
                                                                  const std::string& name);
// "package.Enum.NAME".
[[nodiscard]] std::optional<int64_t> find_enumerator(const std::string& full_name);

// The type of a value that a message of this kind is.
[[nodiscard]] Type type_of_message(const google::protobuf::Descriptor& message);
[[nodiscard]] Type type_of_field(const google::protobuf::FieldDescriptor& field);
// The name that type() has for such values; lives for ever.
[[nodiscard]] std::string_view name_of(const google::protobuf::Descriptor& message);

[[nodiscard]] bool equal_messages(const MessageRef& left, const MessageRef& right);

// A message as the value that it is.
[[nodiscard]] Outcome value_of_message(Frame& frame, const MessageRef& message);

// `known`: what find_field() gave for messages of its type; may be null. An error when there is no such field.
[[nodiscard]] Outcome read_field(Frame& frame, const MessageRef& message, const std::string& name,
                                 const google::protobuf::FieldDescriptor* known);
[[nodiscard]] Outcome has_field(const MessageRef& message, const std::string& name,
                                const google::protobuf::FieldDescriptor* known);

// Those that are set, in the order of their numbers.
[[nodiscard]] std::vector<std::pair<std::string, Value>> set_fields(const MessageRef& message);

struct FieldValue {
  const google::protobuf::FieldDescriptor* field;
  const Value* value;
};
[[nodiscard]] Outcome make_message(Frame& frame, const google::protobuf::Descriptor& type,
                                   std::span<const FieldValue> fields);

}  // namespace tripline::cel
