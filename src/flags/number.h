// SPDX-License-Identifier: Apache-2.0
// Numbers and truth values as Go's strconv reads them, with its sentences: `strconv.ParseInt: parsing "many": invalid
// syntax`. Numbers of flags may be 0x hexadecimal, 0o or 0 octal, 0b binary, with _ between digits; those of `decimal`
// may not.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tripline::flags {

[[nodiscard]] std::expected<int64_t, std::string> parse_int(std::string_view text);
[[nodiscard]] std::expected<uint64_t, std::string> parse_uint(std::string_view text);
[[nodiscard]] std::expected<bool, std::string> parse_bool(std::string_view text);
// strconv.Atoi.
[[nodiscard]] std::expected<int64_t, std::string> decimal(std::string_view text);

}  // namespace tripline::flags
