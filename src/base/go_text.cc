// SPDX-License-Identifier: Apache-2.0
#include "base/go_text.h"

#include <fmt/format.h>

#include <cstring>

#include "base/utf8.h"

namespace tripline {
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

std::string go_quoted(std::string_view text) {
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

std::string go_error(int errnum) {
  std::string text = std::strerror(errnum);
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a')
    text[0] = static_cast<char>(text[0] | 0x20);
  return text;
}

}  // namespace tripline
