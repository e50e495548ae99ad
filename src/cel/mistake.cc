// SPDX-License-Identifier: Apache-2.0
#include "cel/mistake.h"

#include <algorithm>

namespace tripline::cel {
namespace {

size_t characters_in(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

std::string one(const Mistake& mistake, std::string_view source) {
  const std::string_view before = source.substr(0, mistake.at);
  const size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const size_t column = characters_in(before.substr(start));
  std::string_view line = source.substr(start, source.find('\n', start) - start);
  std::string out = "ERROR: <input>:" + std::to_string(1 + std::ranges::count(before, '\n')) + ":" +
                    std::to_string(column + 1) + ": " + mistake.message;
  constexpr size_t kWidest = 4096;
  if (line.size() > kWidest) return out;
  out += "\n | ";
  out += line;
  out += "\n | " + std::string(column, '.') + "^";
  return out;
}

}  // namespace

std::string to_text(std::span<const Mistake> mistakes, std::string_view source) {
  std::string out;
  for (const Mistake& each : mistakes) {
    if (!out.empty()) out += '\n';
    out += one(each, source);
  }
  return out;
}

}  // namespace tripline::cel
