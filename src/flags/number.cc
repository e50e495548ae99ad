// SPDX-License-Identifier: Apache-2.0
#include "flags/number.h"

#include <charconv>
#include <initializer_list>
#include <limits>
#include <optional>

#include "base/go_text.h"

namespace tripline::flags {
namespace {

enum class Fault { kSyntax, kRange };

std::unexpected<std::string> refuse(std::string_view function, std::string_view text, Fault fault) {
  return std::unexpected("strconv." + std::string(function) + ": parsing " + go_quoted(text) + ": " +
                         (fault == Fault::kSyntax ? "invalid syntax" : "value out of range"));
}

struct Digits {
  std::string text;  // without prefix and underscores
  int base = 10;
};

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// An underscore must stand between digits, or between the prefix and a digit.
std::optional<std::string> without_underscores(std::string_view text, bool after_prefix) {
  std::string out;
  bool may = after_prefix;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '_') {
      if (!may || at + 1 == text.size() || !is_alphanumeric(text[at + 1])) return std::nullopt;
      may = false;
    } else {
      out += text[at];
      may = true;
    }
  }
  return out;
}

std::optional<Digits> digits_of(std::string_view text) {
  int base = 10;
  bool prefixed = false;
  if (text.size() > 1 && text[0] == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    prefixed = true;
    text.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  const auto plain = without_underscores(text, prefixed);
  if (!plain || plain->empty()) return std::nullopt;
  return Digits{*plain, base};
}

std::expected<uint64_t, Fault> magnitude_of(const Digits& digits) {
  uint64_t value = 0;
  const char* end = digits.text.data() + digits.text.size();
  const auto [stopped, fault] = std::from_chars(digits.text.data(), end, value, digits.base);
  if (fault == std::errc::invalid_argument || stopped != end) return std::unexpected(Fault::kSyntax);
  if (fault == std::errc::result_out_of_range) return std::unexpected(Fault::kRange);
  return value;
}

std::expected<int64_t, std::string> signed_number(std::string_view function, std::string_view text,
                                                  std::optional<Digits> (*read)(std::string_view)) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  const std::optional<Digits> digits = read(rest);
  if (!digits) return refuse(function, text, Fault::kSyntax);
  const auto magnitude = magnitude_of(*digits);
  if (!magnitude) return refuse(function, text, magnitude.error());
  const uint64_t most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  if (*magnitude > most) return refuse(function, text, Fault::kRange);
  return static_cast<int64_t>(negative ? ~*magnitude + 1 : *magnitude);
}

std::optional<Digits> decimal_digits(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return Digits{std::string(text), 10};
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words)
    if (word == text) return true;
  return false;
}

}  // namespace

std::expected<int64_t, std::string> parse_int(std::string_view text) {
  return signed_number("ParseInt", text, digits_of);
}

std::expected<int64_t, std::string> decimal(std::string_view text) {
  return signed_number("Atoi", text, decimal_digits);
}

std::expected<uint64_t, std::string> parse_uint(std::string_view text) {
  const std::optional<Digits> digits = digits_of(text);
  if (!digits) return refuse("ParseUint", text, Fault::kSyntax);
  const auto magnitude = magnitude_of(*digits);
  if (!magnitude) return refuse("ParseUint", text, magnitude.error());
  return *magnitude;
}

std::expected<bool, std::string> parse_bool(std::string_view text) {
  if (one_of(text, {"1", "t", "T", "TRUE", "true", "True"})) return true;
  if (one_of(text, {"0", "f", "F", "FALSE", "false", "False"})) return false;
  return refuse("ParseBool", text, Fault::kSyntax);
}

}  // namespace tripline::flags
