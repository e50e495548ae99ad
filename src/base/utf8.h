// SPDX-License-Identifier: Apache-2.0
// Reading UTF-8, one character at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tripline {

struct Character {
  uint32_t point = 0;  // the code point
  size_t length = 0;   // its bytes; 0: what stands here is not UTF-8
};

// The character that `text` (not empty) begins with. Overlong forms and surrogates are not UTF-8.
[[nodiscard]] Character first_character(std::string_view text);

}  // namespace tripline
