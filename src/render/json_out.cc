// SPDX-License-Identifier: Apache-2.0
#include "render/json_out.h"

#include <cstring>

#include "event/text.h"

namespace tripline {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;

// Has any byte of `word` to be looked at: one of a control character, a quote, a backslash, or not of ASCII?
bool is_special(uint64_t word) {
  const uint64_t quote = word ^ (kOnes * '"');
  const uint64_t backslash = word ^ (kOnes * '\\');
  return ((word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes) | word) & kHighs;
}

bool is_special(char byte) { return static_cast<signed char>(byte) < 0x20 || byte == '"' || byte == '\\'; }

// How many bytes at the start of `text` stand for themselves.
size_t plain_bytes(std::string_view text) {
  size_t at = 0;
  for (uint64_t word; at + sizeof(word) <= text.size(); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    if (is_special(word)) break;
  }
  while (at < text.size() && !is_special(text[at])) ++at;
  return at;
}

void escape(std::string& out, char byte) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  static constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kLetters = "\"\\bfnrt";
  out += '\\';
  if (const size_t named = kNamed.find(byte); named != kNamed.npos) {
    out += kLetters[named];
    return;
  }
  out += "u00";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

}  // namespace

void JsonOut::quoted(std::string_view value) {
  out_ += '"';
  size_t plain = plain_bytes(value);
  out_.append(value.substr(0, plain));
  if (plain < value.size()) {
    // From here on byte by byte, and of what may have been damaged at its start.
    const std::string rest = to_valid_utf8(value.substr(plain));
    for (const char byte : rest) {
      if (is_special(byte) && !(byte & 0x80))
        escape(out_, byte);
      else
        out_ += byte;
    }
  }
  out_ += '"';
}

}  // namespace tripline
