// SPDX-License-Identifier: Apache-2.0
#include "policy/number.h"

namespace tripline::policy {
namespace {

// The value of a digit in any base up to 16, or 16.
unsigned digit_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return 16;
}

// Takes a base prefix off `digits`. The leading 0 of an octal number counts as a digit that has been seen.
unsigned take_base(std::string_view& digits, bool& after_digit) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  unsigned base = 0;
  switch (digits[1]) {
    case 'x':
    case 'X':
      base = 16;
      break;
    case 'o':
    case 'O':
      base = 8;
      break;
    case 'b':
    case 'B':
      base = 2;
      break;
    default:
      break;
  }
  after_digit = true;
  digits.remove_prefix(base != 0 ? 2 : 1);
  return base != 0 ? base : 8;
}

}  // namespace

std::expected<Integer, NumberError> parse_integer(std::string_view text) {
  Integer out;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  bool after_digit = false;  // a '_' may follow
  const unsigned base = take_base(text, after_digit);
  if (text.empty()) return std::unexpected(NumberError::kSyntax);
  bool overflow = false;
  bool last_is_digit = false;
  for (const char c : text) {
    last_is_digit = c != '_';
    if (c == '_') {
      if (!after_digit) return std::unexpected(NumberError::kSyntax);
      after_digit = false;
      continue;
    }
    const unsigned digit = digit_value(c);
    if (digit >= base) return std::unexpected(NumberError::kSyntax);
    after_digit = true;
    overflow |= __builtin_mul_overflow(out.magnitude, uint64_t{base}, &out.magnitude);
    overflow |= __builtin_add_overflow(out.magnitude, uint64_t{digit}, &out.magnitude);
  }
  if (!last_is_digit) return std::unexpected(NumberError::kSyntax);
  if (overflow) return std::unexpected(NumberError::kRange);
  if (out.magnitude == 0) out.negative = false;
  return out;
}

std::optional<int64_t> to_signed(Integer integer, unsigned bits) {
  const uint64_t limit = uint64_t{1} << (bits - 1);
  if (integer.negative) {
    if (integer.magnitude > limit) return std::nullopt;
    return static_cast<int64_t>(~integer.magnitude + 1);
  }
  if (integer.magnitude >= limit) return std::nullopt;
  return static_cast<int64_t>(integer.magnitude);
}

std::optional<uint64_t> to_unsigned(Integer integer, unsigned bits) {
  if (integer.negative) return std::nullopt;
  if (bits < 64 && integer.magnitude >> bits != 0) return std::nullopt;
  return integer.magnitude;
}

}  // namespace tripline::policy
