// SPDX-License-Identifier: Apache-2.0
// What every fuzzer needs: a check that ends it, and its input as text, whole or in parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace tripline::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// At least one part, and at most `most`, of which the last has the rest.
inline std::vector<std::string_view> parts_of(std::string_view text, char separator, size_t most) {
  std::vector<std::string_view> out;
  while (out.size() + 1 < most) {
    const size_t end = text.find(separator);
    if (end == std::string_view::npos) break;
    out.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  out.push_back(text);
  return out;
}

}  // namespace tripline::fuzz
