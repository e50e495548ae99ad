// SPDX-License-Identifier: Apache-2.0
#include "flags/quote.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace tripline::flags {
namespace {

std::string escaped(unsigned char byte) {
  static constexpr std::string_view kPlain = "\a\b\f\n\r\t\v\\\"";
  static constexpr std::string_view kLetters = "abfnrtv\\\"";
  const size_t at = kPlain.find(static_cast<char>(byte));
  if (at != std::string_view::npos) return {'\\', kLetters[at]};
  if (byte < 0x20 || byte >= 0x7f) return fmt::format("\\x{:02x}", byte);
  return {static_cast<char>(byte)};
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto [point, length] = first_character(text);
    const bool control = point >= 0x80 && point < 0xa0;
    if (control)
      out += fmt::format("\\u{:04x}", point);
    else if (length > 1)
      out += text.substr(0, length);
    else
      out += escaped(static_cast<unsigned char>(text[0]));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + '"';
}

}  // namespace tripline::flags
