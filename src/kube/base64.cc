// SPDX-License-Identifier: Apache-2.0
#include "kube/base64.h"

#include <array>
#include <cstdint>

namespace tripline::kube {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  size_t digits = 0;
  size_t filled = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      ++filled;
      continue;
    }
    const size_t value = kDigits.find(c);
    if (filled > 0 || value == std::string_view::npos) return std::nullopt;
    ++digits;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  if ((digits + filled) % 4 != 0 || filled > 2) return std::nullopt;
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t bits = 0;
    for (size_t n = 0; n < 3; ++n)
      bits = bits << 8 | (at + n < bytes.size() ? static_cast<unsigned char>(bytes[at + n]) : 0);
    const size_t used = std::min<size_t>(bytes.size() - at, 3) + 1;
    for (size_t n = 0; n < 4; ++n) out += n < used ? kDigits[bits >> (18 - 6 * n) & 63] : '=';
  }
  return out;
}

}  // namespace tripline::kube
