// SPDX-License-Identifier: Apache-2.0
// An error in an expression, with its position. Formatted as other CEL implementations do, so that tools that parse
// their messages can parse ours.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tripline::cel {

struct Mistake {
  uint32_t at = 0;  // byte offset
  std::string message;
};

// For each, its line and column, the line, and a mark under the place.
[[nodiscard]] std::string to_text(std::span<const Mistake> mistakes, std::string_view source);

}  // namespace tripline::cel
