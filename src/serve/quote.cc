// SPDX-License-Identifier: Apache-2.0
#include "serve/quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace tripline {
namespace {

struct Range {
  uint32_t first, last;
};

constexpr Range kPrintable[] = {
#include "serve/printable.inc"
};

bool is_printable(uint32_t rune) {
  if (rune < 0x80) return rune > 0x20 && rune < 0x7f;
  const Range* range = std::ranges::lower_bound(kPrintable, rune, {}, &Range::last);
  return range != std::end(kPrintable) && range->first <= rune;
}

// Takes the first code point off the front of valid UTF-8.
uint32_t take_rune(std::string_view& text) {
  auto byte = static_cast<uint8_t>(text.front());
  int more = byte < 0x80 ? 0 : byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  uint32_t rune = more == 0 ? byte : byte & (0x3F >> more);
  text.remove_prefix(1);
  for (; more > 0 && !text.empty(); more--) {
    rune = rune << 6 | (static_cast<uint8_t>(text.front()) & 0x3F);
    text.remove_prefix(1);
  }
  return rune;
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

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    std::string_view before = text;
    uint32_t rune = take_rune(text);
    std::string_view escape = named_escape(rune);
    if (!escape.empty())
      quoted += escape;
    else if (rune == ' ' || is_printable(rune))
      quoted += before.substr(0, before.size() - text.size());
    else if (rune < 0x80)
      quoted += fmt::format("\\x{:02x}", rune);
    else if (rune < 0x10000)
      quoted += fmt::format("\\u{:04x}", rune);
    else
      quoted += fmt::format("\\U{:08x}", rune);
  }
  return quoted + '"';
}

}  // namespace

std::string quote_if_needed(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty())
    if (!is_printable(take_rune(rest))) return quote(text);
  return std::string(text);
}

}  // namespace tripline
