// SPDX-License-Identifier: Apache-2.0
// Texts that are lines of JSON, each with its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tripline {

// How many lines end in `text`.
[[nodiscard]] uint64_t count_lines(std::string_view text);

// How many bytes of `text` whole lines take, in no more than `most` bytes.
[[nodiscard]] size_t whole_lines(std::string_view text, size_t most);

// How many bytes the first line takes, its end included.
[[nodiscard]] size_t first_line(std::string_view text);

// Is `text` a JSON object from its first byte to its last, as we write them?
[[nodiscard]] bool is_whole_object(std::string_view text);

}  // namespace tripline
