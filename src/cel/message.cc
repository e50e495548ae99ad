// SPDX-License-Identifier: Apache-2.0
#include "cel/message.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <limits>

#include "cel/message_fill.h"
#include "cel/points.h"
#include "cel/time.h"

namespace tripline::cel {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Reflection;
using Known = Descriptor::WellKnownType;

constexpr int kDeepest = 64;  // of messages in messages that stand for something else

// A linker drops what nobody names, and then there is no such type.
void link_well_known() {
  (void)google::protobuf::Any::descriptor();
  (void)google::protobuf::Duration::descriptor();
  (void)google::protobuf::Empty::descriptor();
  (void)google::protobuf::FieldMask::descriptor();
  (void)google::protobuf::Struct::descriptor();
  (void)google::protobuf::Timestamp::descriptor();
  (void)google::protobuf::BoolValue::descriptor();
}

Value text_of(const std::string& text, const std::shared_ptr<const void>& keep) {
  if (invalid_utf8(text)) return cel::text(valid_utf8(text));
  return {Text{text, keep}};
}

// Of two keys of one kind.
bool key_before(const Value& left, const Value& right) {
  if (const auto* text = left.get<Text>()) return text->view < right.as<Text>().view;
  if (const auto* number = left.get<int64_t>()) return *number < right.as<int64_t>();
  if (const auto* natural = left.get<uint64_t>()) return *natural < right.as<uint64_t>();
  return !left.as<bool>() && right.as<bool>();
}

// Reads fields of one message, or elements of one field.
class FieldReader {
 public:
  FieldReader(Frame& frame, const MessageRef& message, int depth)
      : frame_(frame), ref_(message), depth_(depth) {}

  Outcome field(const FieldDescriptor& field) {
    if (field.is_map()) return map(field);
    if (field.is_repeated()) return list(field);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!reflection().HasField(message(), &field) && unset_is_null(*field.message_type()))
        return null_value();
      return whole({&reflection().GetMessage(message(), &field), ref_.keep});
    }
    return scalar(field);
  }

  // A message as what it stands for.
  Outcome whole(const MessageRef& inner) {
    if (depth_ >= kDeepest) return failed("a message is nested too deeply");
    return FieldReader(frame_, inner, depth_ + 1).itself();
  }

  Outcome itself() {
    const Descriptor& type = *message().GetDescriptor();
    switch (type.well_known_type()) {
      case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
      case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      default:
        return Value{ref_};
      case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
      case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
      case Descriptor::WELLKNOWNTYPE_INT64VALUE:
      case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
      case Descriptor::WELLKNOWNTYPE_INT32VALUE:
      case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
      case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
      case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
      case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      case Descriptor::WELLKNOWNTYPE_STRUCT:
      case Descriptor::WELLKNOWNTYPE_LISTVALUE:
        return field(*type.field(0));
      case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      case Descriptor::WELLKNOWNTYPE_DURATION:
        return time(type);
      case Descriptor::WELLKNOWNTYPE_VALUE:
        return json(type);
      case Descriptor::WELLKNOWNTYPE_ANY:
        return any(type);
    }
  }

 private:
  [[nodiscard]] const Message& message() const { return *ref_.message; }
  [[nodiscard]] const Reflection& reflection() const { return *message().GetReflection(); }

  static bool unset_is_null(const Descriptor& type) {
    switch (type.well_known_type()) {
      case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
      case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      case Descriptor::WELLKNOWNTYPE_STRUCT:
      case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      case Descriptor::WELLKNOWNTYPE_DURATION:
        return false;
      default:
        return true;
    }
  }

  Outcome scalar(const FieldDescriptor& field) {
    const Message& from = message();
    const Reflection& read = reflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Value{int64_t{read.GetInt32(from, &field)}};
      case FieldDescriptor::CPPTYPE_INT64:
        return Value{read.GetInt64(from, &field)};
      case FieldDescriptor::CPPTYPE_UINT32:
        return Value{uint64_t{read.GetUInt32(from, &field)}};
      case FieldDescriptor::CPPTYPE_UINT64:
        return Value{read.GetUInt64(from, &field)};
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Value{read.GetDouble(from, &field)};
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Value{double{read.GetFloat(from, &field)}};
      case FieldDescriptor::CPPTYPE_BOOL:
        return boolean(read.GetBool(from, &field));
      case FieldDescriptor::CPPTYPE_ENUM:
        return Value{int64_t{read.GetEnumValue(from, &field)}};
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        return characters(field, read.GetStringReference(from, &field, &scratch), scratch);
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    return no_such_overload();
  }

  Outcome element(const FieldDescriptor& field, int at) {
    const Message& from = message();
    const Reflection& read = reflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Value{int64_t{read.GetRepeatedInt32(from, &field, at)}};
      case FieldDescriptor::CPPTYPE_INT64:
        return Value{read.GetRepeatedInt64(from, &field, at)};
      case FieldDescriptor::CPPTYPE_UINT32:
        return Value{uint64_t{read.GetRepeatedUInt32(from, &field, at)}};
      case FieldDescriptor::CPPTYPE_UINT64:
        return Value{read.GetRepeatedUInt64(from, &field, at)};
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Value{read.GetRepeatedDouble(from, &field, at)};
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Value{double{read.GetRepeatedFloat(from, &field, at)}};
      case FieldDescriptor::CPPTYPE_BOOL:
        return boolean(read.GetRepeatedBool(from, &field, at));
      case FieldDescriptor::CPPTYPE_ENUM:
        return Value{int64_t{read.GetRepeatedEnumValue(from, &field, at)}};
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        return characters(field, read.GetRepeatedStringReference(from, &field, at, &scratch), scratch);
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return whole({&read.GetRepeatedMessage(from, &field, at), ref_.keep});
    }
    return no_such_overload();
  }

  Outcome characters(const FieldDescriptor& field, const std::string& found, const std::string& scratch) {
    const bool is_text = field.type() == FieldDescriptor::TYPE_STRING;
    if (&found == &scratch) return is_text ? text(valid_utf8(found)) : bytes(found);
    if (is_text) return text_of(found, ref_.keep);
    return Value{Bytes{found, ref_.keep}};
  }

  Outcome list(const FieldDescriptor& field) {
    const int count = reflection().FieldSize(message(), &field);
    const auto size = static_cast<size_t>(count);
    if (!frame_.spend(1 + size, size * kBytesOfElement)) return frame_.exhausted();
    std::vector<Value> out;
    out.reserve(size);
    for (int at = 0; at < count; ++at) {
      Outcome item = element(field, at);
      if (!item) return item;
      out.push_back(*std::move(item));
    }
    return cel::list(std::move(out));
  }

  Outcome map(const FieldDescriptor& field) {
    const int count = reflection().FieldSize(message(), &field);
    const auto size = static_cast<size_t>(count);
    if (!frame_.spend(1 + (size * 4), size * kBytesOfElement * 4)) return frame_.exhausted();
    std::vector<Entries::Entry> found;
    for (int at = 0; at < count; ++at) {
      FieldReader entry(frame_, {&reflection().GetRepeatedMessage(message(), &field, at), ref_.keep}, depth_);
      Outcome key = entry.field(*field.message_type()->map_key());
      Outcome value = entry.field(*field.message_type()->map_value());
      if (!key) return key;
      if (!value) return value;
      found.emplace_back(*std::move(key), *std::move(value));
    }
    // Those of a message are in no order.
    std::ranges::sort(found, [](const auto& a, const auto& b) { return key_before(a.first, b.first); });
    Entries out;
    out.reserve(size);
    for (auto& [key, value] : found) (void)out.add(std::move(key), std::move(value));
    return cel::map(std::move(out));
  }

  Outcome time(const Descriptor& type) {
    const int64_t seconds = reflection().GetInt64(message(), type.field(0));
    const int32_t nanos = reflection().GetInt32(message(), type.field(1));
    constexpr int32_t kSecond = 1'000'000'000;
    if (nanos <= -kSecond || nanos >= kSecond) return failed("range error: nanoseconds out of range");
    if (type.well_known_type() == Descriptor::WELLKNOWNTYPE_DURATION) return make_duration(seconds, nanos);
    if (nanos < 0) return failed("range error: nanoseconds out of range");
    return make_timestamp(seconds, nanos);
  }

  Outcome json(const Descriptor& type) {
    const FieldDescriptor* set = reflection().GetOneofFieldDescriptor(message(), type.oneof_decl(0));
    if (set == nullptr || set->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return null_value();
    return field(*set);
  }

  Outcome any(const Descriptor& type) {
    const std::string url = reflection().GetString(message(), type.field(0));
    const std::string content = reflection().GetString(message(), type.field(1));
    const Descriptor* inner = find_message(url.substr(url.rfind('/') + 1));
    if (url.find('/') == std::string::npos || inner == nullptr)
      return failed("conversion error: google.protobuf.Any of an unknown type '" + valid_utf8(url) + "'");
    if (!frame_.spend_on_bytes(content.size(), content.size() * 4)) return frame_.exhausted();
    const std::shared_ptr<Message> unpacked(MessageFactory::generated_factory()->GetPrototype(inner)->New());
    if (!unpacked->ParsePartialFromString(content))
      return failed("conversion error: google.protobuf.Any with a value that is no " + inner->full_name());
    return whole({unpacked.get(), unpacked});
  }

  Frame& frame_;
  MessageRef ref_;
  int depth_;
};

const FieldDescriptor* field_of(const MessageRef& message, const std::string& name,
                                const FieldDescriptor* known) {
  const Descriptor* type = message.message->GetDescriptor();
  return known != nullptr && known->containing_type() == type ? known : find_field(*type, name);
}

Type wrapper_of(Type::Kind kind) { return {.kind = Type::Kind::kWrapper, .of = {{.kind = kind}}}; }

}  // namespace

const Descriptor* find_message(const std::string& full_name) {
  link_well_known();
  return DescriptorPool::generated_pool()->FindMessageTypeByName(full_name);
}

const FieldDescriptor* find_field(const Descriptor& message, const std::string& name) {
  return message.FindFieldByName(name);
}

std::optional<int64_t> find_enumerator(const std::string& full_name) {
  const size_t dot = full_name.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const auto* type = DescriptorPool::generated_pool()->FindEnumTypeByName(full_name.substr(0, dot));
  const auto* value = type == nullptr ? nullptr : type->FindValueByName(full_name.substr(dot + 1));
  if (value == nullptr) return std::nullopt;
  return value->number();
}

Type type_of_message(const Descriptor& message) {
  using TypeKind = Type::Kind;
  switch (message.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
      return wrapper_of(TypeKind::kDouble);
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
      return wrapper_of(TypeKind::kInt);
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
      return wrapper_of(TypeKind::kUint);
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
      return wrapper_of(TypeKind::kString);
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
      return wrapper_of(TypeKind::kBytes);
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return wrapper_of(TypeKind::kBool);
    case Descriptor::WELLKNOWNTYPE_ANY:
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return {.kind = TypeKind::kDyn};
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return map_of({.kind = TypeKind::kString}, {.kind = TypeKind::kDyn});
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return list_of({.kind = TypeKind::kDyn});
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return {.kind = TypeKind::kTimestamp};
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return {.kind = TypeKind::kDuration};
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
    default:
      return {.kind = TypeKind::kMessage, .name = message.full_name()};
  }
}

Type type_of_field(const FieldDescriptor& field) {
  const auto single = [&field]() -> Type {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
      case FieldDescriptor::CPPTYPE_ENUM:
        return {.kind = Type::Kind::kInt};
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_UINT64:
        return {.kind = Type::Kind::kUint};
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT:
        return {.kind = Type::Kind::kDouble};
      case FieldDescriptor::CPPTYPE_BOOL:
        return {.kind = Type::Kind::kBool};
      case FieldDescriptor::CPPTYPE_STRING:
        return {.kind =
                    field.type() == FieldDescriptor::TYPE_STRING ? Type::Kind::kString : Type::Kind::kBytes};
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return type_of_message(*field.message_type());
    }
    return {};
  };
  if (field.is_map())
    return map_of(type_of_field(*field.message_type()->map_key()),
                  type_of_field(*field.message_type()->map_value()));
  return field.is_repeated() ? list_of(single()) : single();
}

std::string_view name_of(const Descriptor& message) { return message.full_name(); }

bool equal_messages(const MessageRef& left, const MessageRef& right) {
  return left.message->GetDescriptor() == right.message->GetDescriptor() &&
         google::protobuf::util::MessageDifferencer::Equals(*left.message, *right.message);
}

Outcome value_of_message(Frame& frame, const MessageRef& message) {
  return FieldReader(frame, message, 0).itself();
}

Outcome read_field(Frame& frame, const MessageRef& message, const std::string& name,
                   const FieldDescriptor* known) {
  const FieldDescriptor* field = field_of(message, name, known);
  if (field == nullptr) return failed("no such field '" + name + "'");
  return FieldReader(frame, message, 0).field(*field);
}

Outcome has_field(const MessageRef& message, const std::string& name, const FieldDescriptor* known) {
  const FieldDescriptor* field = field_of(message, name, known);
  if (field == nullptr) return failed("no such field '" + name + "'");
  const Reflection& reflection = *message.message->GetReflection();
  return boolean(field->is_repeated() ? reflection.FieldSize(*message.message, field) > 0
                                      : reflection.HasField(*message.message, field));
}

std::vector<std::pair<std::string, Value>> set_fields(const MessageRef& message) {
  std::vector<const FieldDescriptor*> fields;
  message.message->GetReflection()->ListFields(*message.message, &fields);
  Frame frame({.steps = std::numeric_limits<int64_t>::max(), .bytes = std::numeric_limits<int64_t>::max()},
              {}, 0);
  std::vector<std::pair<std::string, Value>> out;
  for (const FieldDescriptor* field : fields)
    if (Outcome value = FieldReader(frame, message, 0).field(*field))
      out.emplace_back(field->name(), *std::move(value));
  return out;
}

Outcome make_message(Frame& frame, const Descriptor& type, std::span<const FieldValue> fields) {
  const std::shared_ptr<Message> out(MessageFactory::generated_factory()->GetPrototype(&type)->New());
  for (const FieldValue& each : fields)
    if (auto filled = fill_field(*out, *each.field, *each.value); !filled)
      return std::unexpected(filled.error());
  const size_t size = out->ByteSizeLong();
  if (!frame.spend_on_bytes(size, size + sizeof(Message) * 4)) return frame.exhausted();
  return value_of_message(frame, {out.get(), out});
}

}  // namespace tripline::cel
