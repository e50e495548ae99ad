// SPDX-License-Identifier: Apache-2.0
// The words of an expression.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "cel/mistake.h"

namespace tripline::cel {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kName,    // also reserved words
    kQuoted,  // a name in backquotes, without them
    kInt,     // digits as written, without the sign
    kUint,    // likewise, without the u
    kDouble,
    kString,  // its value
    kBytes,
    kSign,  // an operator or a bracket
  };
  Kind kind = Kind::kEnd;
  std::string text;
  uint32_t at = 0;
};

// The last one is kEnd. A text that is not UTF-8 is refused.
[[nodiscard]] std::expected<std::vector<Token>, Mistake> tokens_of(std::string_view text);

}  // namespace tripline::cel
