// SPDX-License-Identifier: Apache-2.0
#include "cel/message_fill.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <cmath>
#include <limits>

#include "cel/encoders.h"
#include "cel/number_text.h"
#include "cel/time.h"
#include "cel/type_name.h"

namespace tripline::cel {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Filled = std::expected<void, std::string>;

std::unexpected<std::string> mismatch(const std::string& wanted, const Value& value) {
  return failed("conversion error: " + wanted + " cannot be a " + std::string(type_name(value)));
}

Filled fill_message(Message& message, const Value& value);

// As JSON has it.
Filled fill_json(google::protobuf::Value& out, const Value& value) {
  constexpr int64_t kExact = int64_t{1} << 53;
  switch (value.kind()) {
    case Kind::kNull:
      out.set_null_value(google::protobuf::NULL_VALUE);
      return {};
    case Kind::kBool:
      out.set_bool_value(value.as<bool>());
      return {};
    case Kind::kInt:
      if (const int64_t number = value.as<int64_t>(); number > -kExact && number < kExact) {
        out.set_number_value(static_cast<double>(number));
      } else {
        out.set_string_value(std::to_string(number));
      }
      return {};
    case Kind::kUint:
      if (const uint64_t number = value.as<uint64_t>(); number < static_cast<uint64_t>(kExact)) {
        out.set_number_value(static_cast<double>(number));
      } else {
        out.set_string_value(std::to_string(number));
      }
      return {};
    case Kind::kDouble:
      out.set_number_value(value.as<double>());
      return {};
    case Kind::kString:
      out.set_string_value(std::string(value.as<Text>().view));
      return {};
    case Kind::kBytes:
      out.set_string_value(to_base64(value.as<Bytes>().view));
      return {};
    case Kind::kTimestamp:
      out.set_string_value(to_text(value.as<Timestamp>()));
      return {};
    case Kind::kDuration:
      out.set_string_value(to_text(value.as<Duration>()));
      return {};
    case Kind::kList:
      return fill_message(*out.mutable_list_value(), value);
    case Kind::kMap:
      return fill_message(*out.mutable_struct_value(), value);
    default:
      return mismatch("google.protobuf.Value", value);
  }
}

Filled fill_list(google::protobuf::ListValue& out, const Value& value) {
  const auto* list = value.get<List>();
  if (list == nullptr) return mismatch("google.protobuf.ListValue", value);
  for (const Value& each : *list->items)
    if (Filled filled = fill_json(*out.add_values(), each); !filled) return filled;
  return {};
}

Filled fill_struct(google::protobuf::Struct& out, const Value& value) {
  const auto* map = value.get<Map>();
  if (map == nullptr) return mismatch("google.protobuf.Struct", value);
  for (const auto& [key, item] : map->entries->all()) {
    const auto* name = key.get<Text>();
    if (name == nullptr) return mismatch("a key of google.protobuf.Struct", key);
    if (Filled filled = fill_json((*out.mutable_fields())[std::string(name->view)], item); !filled)
      return filled;
  }
  return {};
}

template <typename Wrapper, typename T>
void pack_wrapped(google::protobuf::Any& out, T value) {
  Wrapper wrapper;
  wrapper.set_value(std::move(value));
  out.PackFrom(wrapper);
}

template <typename Packed>
Filled pack_filled(google::protobuf::Any& out, const Value& value) {
  Packed packed;
  if (Filled filled = fill_message(packed, value); !filled) return filled;
  out.PackFrom(packed);
  return {};
}

Filled fill_any(google::protobuf::Any& out, const Value& value) {
  switch (value.kind()) {
    case Kind::kBool:
      pack_wrapped<google::protobuf::BoolValue>(out, value.as<bool>());
      return {};
    case Kind::kInt:
      pack_wrapped<google::protobuf::Int64Value>(out, value.as<int64_t>());
      return {};
    case Kind::kUint:
      pack_wrapped<google::protobuf::UInt64Value>(out, value.as<uint64_t>());
      return {};
    case Kind::kDouble:
      pack_wrapped<google::protobuf::DoubleValue>(out, value.as<double>());
      return {};
    case Kind::kString:
      pack_wrapped<google::protobuf::StringValue>(out, std::string(value.as<Text>().view));
      return {};
    case Kind::kBytes:
      pack_wrapped<google::protobuf::BytesValue>(out, std::string(value.as<Bytes>().view));
      return {};
    case Kind::kNull:
      return pack_filled<google::protobuf::Value>(out, value);
    case Kind::kList:
      return pack_filled<google::protobuf::ListValue>(out, value);
    case Kind::kMap:
      return pack_filled<google::protobuf::Struct>(out, value);
    case Kind::kTimestamp:
      return pack_filled<google::protobuf::Timestamp>(out, value);
    case Kind::kDuration:
      return pack_filled<google::protobuf::Duration>(out, value);
    case Kind::kMessage:
      out.PackFrom(*value.as<MessageRef>().message);
      return {};
    default:
      return mismatch("google.protobuf.Any", value);
  }
}

constexpr int64_t kSecond = 1'000'000'000;

// All that a field, or an element of one, can be. `Set` and `Add` of the reflection take the same.
class Setter {
 public:
  Setter(Message& message, const FieldDescriptor& field) : message_(message), field_(field) {}

  Filled set(const Value& value) {
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return fits<int32_t, int64_t>(value, &Reflection::SetInt32, &Reflection::AddInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return fits<int64_t, int64_t>(value, &Reflection::SetInt64, &Reflection::AddInt64);
      case FieldDescriptor::CPPTYPE_UINT32:
        return fits<uint32_t, uint64_t>(value, &Reflection::SetUInt32, &Reflection::AddUInt32);
      case FieldDescriptor::CPPTYPE_UINT64:
        return fits<uint64_t, uint64_t>(value, &Reflection::SetUInt64, &Reflection::AddUInt64);
      case FieldDescriptor::CPPTYPE_ENUM:
        return fits<int, int64_t>(value, &Reflection::SetEnumValue, &Reflection::AddEnumValue);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return takes<double>(value, &Reflection::SetDouble, &Reflection::AddDouble);
      case FieldDescriptor::CPPTYPE_FLOAT:
        return narrow(value);
      case FieldDescriptor::CPPTYPE_BOOL:
        return takes<bool>(value, &Reflection::SetBool, &Reflection::AddBool);
      case FieldDescriptor::CPPTYPE_STRING:
        return characters(value);
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Message& inner = *(field_.is_repeated() ? reflection().AddMessage(&message_, &field_)
                                                : reflection().MutableMessage(&message_, &field_));
        return fill_message(inner, value);
      }
    }
    return mismatch(field_.name(), value);
  }

 private:
  [[nodiscard]] const Reflection& reflection() const { return *message_.GetReflection(); }

  template <typename T, typename SetIt, typename AddIt>
  Filled put(T value, SetIt set_it, AddIt add_it) {
    if (field_.is_repeated()) {
      (reflection().*add_it)(&message_, &field_, value);
    } else {
      (reflection().*set_it)(&message_, &field_, value);
    }
    return {};
  }

  template <typename T, typename From, typename SetIt, typename AddIt>
  Filled fits(const Value& value, SetIt set_it, AddIt add_it) {
    const From* number = value.get<From>();
    if (number == nullptr) return mismatch(field_.name(), value);
    if (*number < std::numeric_limits<T>::min() || *number > std::numeric_limits<T>::max())
      return failed("range error: " + std::to_string(*number) + " does not fit in " + field_.name());
    return put(static_cast<T>(*number), set_it, add_it);
  }

  template <typename T, typename SetIt, typename AddIt>
  Filled takes(const Value& value, SetIt set_it, AddIt add_it) {
    const T* found = value.get<T>();
    if (found == nullptr) return mismatch(field_.name(), value);
    return put(*found, set_it, add_it);
  }

  Filled narrow(const Value& value) {
    const double* number = value.get<double>();
    if (number == nullptr) return mismatch(field_.name(), value);
    // A cast of what is too large has no meaning in C++; here it is infinite.
    constexpr double kLargest = std::numeric_limits<float>::max();
    const float narrowed =
        !std::isfinite(*number) || std::fabs(*number) <= kLargest
            ? static_cast<float>(*number)
            : std::copysign(std::numeric_limits<float>::infinity(), *number > 0 ? 1.0F : -1.0F);
    return put(narrowed, &Reflection::SetFloat, &Reflection::AddFloat);
  }

  Filled characters(const Value& value) {
    std::string out;
    if (field_.type() == FieldDescriptor::TYPE_STRING) {
      if (value.kind() != Kind::kString) return mismatch(field_.name(), value);
      out = value.as<Text>().view;
    } else {
      if (value.kind() != Kind::kBytes) return mismatch(field_.name(), value);
      out = value.as<Bytes>().view;
    }
    if (field_.is_repeated()) {
      reflection().AddString(&message_, &field_, std::move(out));
    } else {
      reflection().SetString(&message_, &field_, std::move(out));
    }
    return {};
  }

  Message& message_;
  const FieldDescriptor& field_;
};

// The types of standard messages are those that are linked in, of which ours are made.
Filled fill_message(Message& message, const Value& value) {
  const Descriptor& type = *message.GetDescriptor();
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return fill_json(static_cast<google::protobuf::Value&>(message), value);
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return fill_struct(static_cast<google::protobuf::Struct&>(message), value);
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return fill_list(static_cast<google::protobuf::ListValue&>(message), value);
    case Descriptor::WELLKNOWNTYPE_ANY:
      return fill_any(static_cast<google::protobuf::Any&>(message), value);
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP: {
      const auto* time = value.get<Timestamp>();
      if (time == nullptr) return mismatch("google.protobuf.Timestamp", value);
      auto& out = static_cast<google::protobuf::Timestamp&>(message);
      out.set_seconds(time->seconds);
      out.set_nanos(time->nanos);
      return {};
    }
    case Descriptor::WELLKNOWNTYPE_DURATION: {
      const auto* duration = value.get<Duration>();
      if (duration == nullptr) return mismatch("google.protobuf.Duration", value);
      auto& out = static_cast<google::protobuf::Duration&>(message);
      out.set_seconds(duration->nanos / kSecond);
      out.set_nanos(static_cast<int32_t>(duration->nanos % kSecond));
      return {};
    }
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::WELLKNOWNTYPE_FIELDMASK: {
      const auto* other = value.get<MessageRef>();
      if (other == nullptr || other->message->GetDescriptor() != &type)
        return mismatch(type.full_name(), value);
      message.CopyFrom(*other->message);
      return {};
    }
    default:
      return Setter(message, *type.field(0)).set(value);
  }
}

Filled fill_map(Message& message, const FieldDescriptor& field, const Map& map) {
  for (const auto& [key, value] : map.entries->all()) {
    Message& entry = *message.GetReflection()->AddMessage(&message, &field);
    if (Filled filled = Setter(entry, *field.message_type()->map_key()).set(key); !filled) return filled;
    if (Filled filled = Setter(entry, *field.message_type()->map_value()).set(value); !filled) return filled;
  }
  return {};
}

}  // namespace

Filled fill_field(Message& message, const FieldDescriptor& field, const Value& value) {
  if (field.is_map()) {
    const auto* map = value.get<Map>();
    return map == nullptr ? mismatch(field.name(), value) : fill_map(message, field, *map);
  }
  Setter setter(message, field);
  if (field.is_repeated()) {
    const auto* list = value.get<List>();
    if (list == nullptr) return mismatch(field.name(), value);
    for (const Value& each : *list->items)
      if (Filled filled = setter.set(each); !filled) return filled;
    return {};
  }
  const bool takes_null =
      field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM
          ? field.enum_type()->full_name() == "google.protobuf.NullValue"
          : field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                field.message_type()->well_known_type() != Descriptor::WELLKNOWNTYPE_VALUE &&
                field.message_type()->well_known_type() != Descriptor::WELLKNOWNTYPE_ANY;
  if (value.kind() == Kind::kNull && takes_null) return {};
  return setter.set(value);
}

}  // namespace tripline::cel
