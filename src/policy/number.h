// SPDX-License-Identifier: Apache-2.0
// Numbers as policies write them: an optional sign; decimal, 0x hexadecimal, 0 or 0o octal, 0b binary; single '_'
// between digits.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace tripline::policy {

// Any integer of 64 bits, signed or not. Zero is never negative.
struct Integer {
  bool negative = false;
  uint64_t magnitude = 0;
  bool operator==(const Integer&) const = default;
};

enum class NumberError { kSyntax, kRange };

[[nodiscard]] std::expected<Integer, NumberError> parse_integer(std::string_view text);

// The value in two's complement of `bits` bits, if it fits.
[[nodiscard]] std::optional<int64_t> to_signed(Integer integer, unsigned bits);
[[nodiscard]] std::optional<uint64_t> to_unsigned(Integer integer, unsigned bits);

}  // namespace tripline::policy
