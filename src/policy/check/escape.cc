// SPDX-License-Identifier: Apache-2.0
#include "policy/check/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/utf8.h"

namespace tripline::policy {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// Controls, formats, blanks other than the ASCII one, private use, non-characters.
constexpr auto kUnprintable = std::to_array<Range>({
    {0x0000, 0x001f},   {0x007f, 0x00a0},   {0x00ad, 0x00ad},   {0x0600, 0x0605},    {0x061c, 0x061c},
    {0x06dd, 0x06dd},   {0x070f, 0x070f},   {0x0890, 0x0891},   {0x08e2, 0x08e2},    {0x1680, 0x1680},
    {0x180e, 0x180e},   {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f},    {0x3000, 0x3000},
    {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},   {0xfff0, 0xfffb},    {0xfffe, 0xffff},
    {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},  {0x1d173, 0x1d17a},
    {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff}, {0x3fffe, 0xe00ff}, {0xe01f0, 0x10ffff},
});

bool prints(uint32_t point) {
  return std::ranges::none_of(kUnprintable,
                              [point](Range range) { return point >= range.first && point <= range.last; });
}

void append_hex(std::string& out, char kind, uint32_t value, int digits) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += {'\\', kind};
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[value >> shift & 15];
}

// The letter behind the backslash of a short escape, or 0.
char short_escape(char c) {
  switch (c) {
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\v':
      return 'v';
    case '"':
      return '"';
    case '\\':
      return '\\';
    default:
      return 0;
  }
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto [point, length] = first_character(text);
    if (const char letter = short_escape(text[0])) {
      out += {'\\', letter};
    } else if (length == 0 || (point < 0x80 && !prints(point))) {
      append_hex(out, 'x', static_cast<unsigned char>(text[0]), 2);
    } else if (prints(point)) {
      out += text.substr(0, length);
    } else if (point < 0x10000) {
      append_hex(out, 'u', point, 4);
    } else {
      append_hex(out, 'U', point, 8);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

}  // namespace tripline::policy
