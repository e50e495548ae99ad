// SPDX-License-Identifier: Apache-2.0
#include "flags/value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "flags/csv.h"
#include "flags/number.h"

namespace tripline::flags {
namespace {

template <typename T>
std::expected<Value, std::string> wrapped(std::expected<T, std::string> value) {
  if (!value) return std::unexpected(std::move(value.error()));
  return Value(std::move(*value));
}

}  // namespace

std::expected<Value, std::string> parse_value(Type type, std::string_view text,
                                              std::span<const std::string_view> choices) {
  switch (type) {
    case Type::kBool:
      return wrapped(parse_bool(text));
    case Type::kInt:
      return wrapped(parse_int(text));
    case Type::kUint:
      return wrapped(parse_uint(text));
    case Type::kDuration:
      return wrapped(parse_duration(text));
    case Type::kString:
      return Value(std::string(text));
    case Type::kStrings:
      return wrapped(parse_csv(text));
    case Type::kTexts:
      return Value(std::vector{std::string(text)});
    case Type::kChoice:
    case Type::kChoices:
      break;
  }
  if (std::ranges::find(choices, text) == choices.end()) {
    return std::unexpected(
        fmt::format("invalid argument {}, please provide one of ({})", text, fmt::join(choices, ", ")));
  }
  if (type == Type::kChoice) return Value(std::string(text));
  return Value(std::vector{std::string(text)});
}

std::string value_text(const Value& value) {
  struct Writer {
    std::string operator()(bool is) const { return is ? "true" : "false"; }
    std::string operator()(int64_t number) const { return std::to_string(number); }
    std::string operator()(uint64_t number) const { return std::to_string(number); }
    std::string operator()(Duration duration) const { return duration_text(duration); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const std::vector<std::string>& list) const { return "[" + csv_text(list) + "]"; }
  };
  return std::visit(Writer{}, value);
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kBool:
      return "";
    case Type::kInt:
      return "int";
    case Type::kUint:
      return "uint";
    case Type::kDuration:
      return "duration";
    case Type::kStrings:
    case Type::kChoices:
      return "strings";
    case Type::kString:
    case Type::kTexts:
    case Type::kChoice:
      break;
  }
  return "string";
}

}  // namespace tripline::flags
