// SPDX-License-Identifier: Apache-2.0
// From text to tree. Macros are expanded. Texts that are too long or nested too deeply are refused, so that code
// that walks the tree can be recursive.
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include "cel/mistake.h"
#include "cel/node.h"

namespace tripline::cel {

inline constexpr size_t kLongestText = 100'000;  // bytes
inline constexpr int kDeepestBrackets = 200;
inline constexpr int kDeepestTree = 400;

[[nodiscard]] std::expected<NodePtr, Mistake> parse(std::string_view text);

}  // namespace tripline::cel
