// SPDX-License-Identifier: Apache-2.0
// int(), string() and so on.
#include <array>
#include <cmath>

#include "cel/function.h"
#include "cel/number_text.h"
#include "cel/points.h"
#include "cel/time.h"
#include "cel/type_name.h"

namespace tripline::cel {
namespace {

Outcome same(Frame& /*frame*/, Arguments arguments) { return arguments[0]; }

std::unexpected<std::string> out_of_range(std::string_view type) {
  return failed("range error: the number does not fit in " + std::string(type));
}

std::unexpected<std::string> unreadable(std::string_view type, const Value& value) {
  constexpr size_t kShown = 100;
  return failed("cannot make " + std::string(type) + " of \"" +
                valid_utf8(value.as<Text>().view.substr(0, kShown)) + '"');
}

template <typename T>
Outcome optional_number(std::optional<T> value, std::string_view type) {
  if (!value) return out_of_range(type);
  return Value{*value};
}

Outcome uint_to_int(Frame& /*frame*/, Arguments arguments) {
  const uint64_t value = arguments[0].as<uint64_t>();
  if (value > INT64_MAX) return out_of_range("int");
  return Value{static_cast<int64_t>(value)};
}

Outcome int_to_uint(Frame& /*frame*/, Arguments arguments) {
  const int64_t value = arguments[0].as<int64_t>();
  if (value < 0) return out_of_range("uint");
  return Value{static_cast<uint64_t>(value)};
}

Outcome text_to_int(Frame& /*frame*/, Arguments arguments) {
  if (const auto value = read_int(arguments[0].as<Text>().view)) return Value{*value};
  return unreadable("an int", arguments[0]);
}

Outcome text_to_uint(Frame& /*frame*/, Arguments arguments) {
  if (const auto value = read_uint(arguments[0].as<Text>().view)) return Value{*value};
  return unreadable("a uint", arguments[0]);
}

Outcome text_to_double(Frame& /*frame*/, Arguments arguments) {
  if (const auto value = read_double(arguments[0].as<Text>().view)) return Value{*value};
  return unreadable("a double", arguments[0]);
}

Outcome text_to_bool(Frame& /*frame*/, Arguments arguments) {
  const std::string_view word = arguments[0].as<Text>().view;
  for (const std::string_view each : {"1", "t", "T", "true", "TRUE", "True"})
    if (word == each) return boolean(true);
  for (const std::string_view each : {"0", "f", "F", "false", "FALSE", "False"})
    if (word == each) return boolean(false);
  return unreadable("a bool", arguments[0]);
}

Outcome bytes_to_text(Frame& frame, Arguments arguments) {
  const Bytes& value = arguments[0].as<Bytes>();
  if (!frame.spend_on_bytes(value.view.size())) return frame.exhausted();
  if (invalid_utf8(value.view)) return failed("invalid UTF-8 in bytes, cannot convert to string");
  return Value{Text{value.view, value.keep}};
}

Outcome text_to_bytes(Frame& /*frame*/, Arguments arguments) {
  const Text& value = arguments[0].as<Text>();
  return Value{Bytes{value.view, value.keep}};
}

template <typename T>
Outcome shown(Frame& frame, Arguments arguments) {
  constexpr size_t kMost = 32;
  if (!frame.spend(1, kMost)) return frame.exhausted();
  const T& value = arguments[0].as<T>();
  if constexpr (std::is_integral_v<T>) return text(std::to_string(value));
  if constexpr (std::is_floating_point_v<T>) return text(converted_text(value));
  if constexpr (!std::is_arithmetic_v<T>) return text(to_text(value));
}

Outcome time_to_int(Frame& /*frame*/, Arguments arguments) {
  return Value{arguments[0].as<Timestamp>().seconds};
}
Outcome int_to_time(Frame& /*frame*/, Arguments arguments) {
  return make_timestamp(arguments[0].as<int64_t>(), 0);
}
Outcome duration_to_int(Frame& /*frame*/, Arguments arguments) {
  return Value{arguments[0].as<Duration>().nanos};
}

constexpr auto kRows = std::to_array<FunctionRow>({
    {"bool", "(bool) -> bool", same},
    {"bool", "(string) -> bool", text_to_bool},
    {"int", "(int) -> int", same},
    {"int", "(uint) -> int", uint_to_int},
    {"int", "(double) -> int",
     [](Frame&, Arguments a) { return optional_number(to_int(a[0].as<double>()), "int"); }},
    {"int", "(string) -> int", text_to_int},
    {"int", "(timestamp) -> int", time_to_int},
    {"int", "(duration) -> int", duration_to_int},
    {"uint", "(uint) -> uint", same},
    {"uint", "(int) -> uint", int_to_uint},
    {"uint", "(double) -> uint",
     [](Frame&, Arguments a) { return optional_number(to_uint(a[0].as<double>()), "uint"); }},
    {"uint", "(string) -> uint", text_to_uint},
    {"double", "(double) -> double", same},
    {"double", "(int) -> double",
     [](Frame&, Arguments a) -> Outcome { return Value{static_cast<double>(a[0].as<int64_t>())}; }},
    {"double", "(uint) -> double",
     [](Frame&, Arguments a) -> Outcome { return Value{static_cast<double>(a[0].as<uint64_t>())}; }},
    {"double", "(string) -> double", text_to_double},
    {"string", "(string) -> string", same},
    {"string", "(bool) -> string",
     [](Frame&, Arguments a) -> Outcome { return Value{Text{a[0].as<bool>() ? "true" : "false", nullptr}}; }},
    {"string", "(int) -> string", shown<int64_t>},
    {"string", "(uint) -> string", shown<uint64_t>},
    {"string", "(double) -> string", shown<double>},
    {"string", "(bytes) -> string", bytes_to_text},
    {"string", "(timestamp) -> string", shown<Timestamp>},
    {"string", "(duration) -> string", shown<Duration>},
    {"bytes", "(bytes) -> bytes", same},
    {"bytes", "(string) -> bytes", text_to_bytes},
    {"timestamp", "(timestamp) -> timestamp", same},
    {"timestamp", "(string) -> timestamp",
     [](Frame&, Arguments a) { return read_timestamp(a[0].as<Text>().view); }},
    {"timestamp", "(int) -> timestamp", int_to_time},
    {"duration", "(duration) -> duration", same},
    {"duration", "(string) -> duration",
     [](Frame&, Arguments a) { return read_duration(a[0].as<Text>().view); }},
    {"dyn", "(A) -> dyn", same},
    {"type", "(A) -> type(A)",
     [](Frame&, Arguments a) -> Outcome { return Value{TypeName{type_name(a[0])}}; }},
});

}  // namespace

FunctionTable conversion_functions() { return kRows; }

}  // namespace tripline::cel
