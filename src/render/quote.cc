// SPDX-License-Identifier: Apache-2.0
#include "render/quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"

namespace tripline {
namespace {

struct Range {
  uint32_t first, last;
};

constexpr Range kPrintable[] = {
#include "render/printable.inc"
};

bool is_printable(uint32_t rune) {
  if (rune < 0x80) return rune > 0x20 && rune < 0x7f;
  const Range* range = std::ranges::lower_bound(kPrintable, rune, {}, &Range::last);
  return range != std::end(kPrintable) && range->first <= rune;
}

std::string_view named_escape(uint32_t rune) {
  switch (rune) {
    case '\a':
      return "\\a";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\v':
      return "\\v";
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    default:
      return {};
  }
}

std::string escape(std::string_view bytes, const Character& character) {
  std::string_view named = named_escape(character.point);
  if (character.length == 0) return fmt::format("\\x{:02x}", static_cast<uint8_t>(bytes.front()));
  if (!named.empty()) return std::string(named);
  if (character.point == ' ' || is_printable(character.point)) return std::string(bytes);
  if (character.point < 0x80) return fmt::format("\\x{:02x}", character.point);
  if (character.point < 0x10000) return fmt::format("\\u{:04x}", character.point);
  return fmt::format("\\U{:08x}", character.point);
}

// `visit` gets each character and its bytes; a byte that is not UTF-8 is a character of length 0.
template <typename Visit>
void each_character(std::string_view text, Visit visit) {
  while (!text.empty()) {
    Character character = first_character(text);
    size_t length = std::max<size_t>(character.length, 1);
    visit(text.substr(0, length), character);
    text.remove_prefix(length);
  }
}

}  // namespace

std::string quote_if_needed(std::string_view text) {
  bool plain = true;
  each_character(text, [&](std::string_view /*bytes*/, const Character& character) {
    plain = plain && character.length > 0 && is_printable(character.point);
  });
  if (plain) return std::string(text);
  std::string quoted = "\"";
  each_character(
      text, [&](std::string_view bytes, const Character& character) { quoted += escape(bytes, character); });
  return quoted + '"';
}

}  // namespace tripline
