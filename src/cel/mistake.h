// SPDX-License-Identifier: Apache-2.0
// What is wrong with an expression, and where. Shown as other programs that read CEL do, so that what reads their
// messages reads ours.
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
