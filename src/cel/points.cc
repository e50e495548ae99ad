// SPDX-License-Identifier: Apache-2.0
#include "cel/points.h"

#include <algorithm>

#include "base/utf8.h"

namespace tripline::cel {
namespace {

bool begins_point(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

}  // namespace

bool is_point(uint32_t value) { return value < 0xD800 || (value > 0xDFFF && value <= 0x10FFFF); }

void append_point(std::string& out, uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | (point >> 12));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (point >> 18));
    out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

std::optional<size_t> invalid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const size_t length = first_character(text.substr(at)).length;
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::string valid_utf8(std::string_view text, bool merged) {
  std::string out;
  bool was_wrong = false;
  while (!text.empty()) {
    const size_t length = first_character(text).length;
    if (length == 0) {
      if (!merged || !was_wrong) append_point(out, 0xFFFD);
    } else {
      out += text.substr(0, length);
    }
    was_wrong = length == 0;
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

size_t count_points(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, begins_point));
}

std::optional<size_t> byte_of(std::string_view text, size_t index) {
  for (size_t at = 0; at < text.size(); ++at)
    if (begins_point(text[at]) && index-- == 0) return at;
  if (index == 0) return text.size();
  return std::nullopt;
}

bool is_space(uint32_t point) {
  return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 || point == 0xA0 ||
         point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 ||
         point == 0x202F || point == 0x205F || point == 0x3000;
}

}  // namespace tripline::cel
