// SPDX-License-Identifier: Apache-2.0
// Texts as sequences of code points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripline::cel {

// Not a surrogate, and not too large.
[[nodiscard]] bool is_point(uint32_t value);
void append_point(std::string& out, uint32_t point);

// Where a text stops being UTF-8, if it does.
[[nodiscard]] std::optional<size_t> invalid_utf8(std::string_view text);
// With U+FFFD for each byte that is not UTF-8, or (`merged`) for each run of them.
[[nodiscard]] std::string valid_utf8(std::string_view text, bool merged = false);

// Of valid UTF-8.
[[nodiscard]] size_t count_points(std::string_view text);
// The byte where code point `index` begins; the end of the text for its length; absent beyond.
[[nodiscard]] std::optional<size_t> byte_of(std::string_view text, size_t index);

// White space, as Unicode defines it.
[[nodiscard]] bool is_space(uint32_t point);

}  // namespace tripline::cel
