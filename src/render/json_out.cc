// SPDX-License-Identifier: Apache-2.0
#include "render/json_out.h"

#include <cstring>
#include <string>

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

// Copies `text`; false when some of its bytes do not stand for themselves. By words: what is left over of the last one is
// looked at together with bytes before it.
bool copy_plain(char* to, std::string_view text) {
  const char* const from = text.data();
  const size_t size = text.size();
  uint64_t word;
  if (size >= sizeof(word)) {
    const size_t last = size - sizeof(word);
    for (size_t at = 0; at < last; at += sizeof(word)) {
      std::memcpy(&word, from + at, sizeof(word));
      if (is_special(word)) return false;
      std::memcpy(to + at, &word, sizeof(word));
    }
    std::memcpy(&word, from + last, sizeof(word));
    std::memcpy(to + last, &word, sizeof(word));
    return !is_special(word);
  }
  bool plain = true;
  for (size_t at = 0; at < size; ++at) {
    plain = plain && !is_special(from[at]);
    to[at] = from[at];
  }
  return plain;
}

void escape(TextBuffer& out, char byte) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  static constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kLetters = "\"\\bfnrt";
  out.add('\\');
  if (const size_t named = kNamed.find(byte); named != kNamed.npos) {
    out.add(kLetters[named]);
    return;
  }
  out.add("u00");
  out.add(kDigits[byte >> 4]);
  out.add(kDigits[byte & 15]);
}

}  // namespace

void JsonOut::quoted(std::string_view value) {
  char* const to = out_.room(value.size() + 2);
  to[0] = '"';
  if (!copy_plain(to + 1, value)) return escaped(value);
  to[value.size() + 1] = '"';
  out_.grow(value.size() + 2);
}

void JsonOut::escaped(std::string_view value) {
  out_.add('"');
  for (const char byte : to_valid_utf8(value)) {
    if (is_special(byte) && !(byte & 0x80))
      escape(out_, byte);
    else
      out_.add(byte);
  }
  out_.add('"');
}

}  // namespace tripline
