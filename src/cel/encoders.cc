// SPDX-License-Identifier: Apache-2.0
// base64.*
#include "cel/encoders.h"

#include <array>
#include <cstdint>

#include "cel/function.h"

namespace tripline::cel {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Outcome encode(Frame& frame, Arguments arguments) {
  const std::string_view bytes = arguments[0].as<Bytes>().view;
  if (!frame.spend_on_bytes(bytes.size(), bytes.size() * 2)) return frame.exhausted();
  return text(to_base64(bytes));
}

Outcome decode(Frame& frame, Arguments arguments) {
  std::string letters(arguments[0].as<Text>().view);
  if (!frame.spend_on_bytes(letters.size(), letters.size() * 2)) return frame.exhausted();
  std::erase_if(letters, [](char letter) { return letter == '\n' || letter == '\r'; });
  auto out = from_base64(letters);
  if (!out) return failed("invalid base64");
  return bytes(*std::move(out));
}

constexpr auto kRows = std::to_array<FunctionRow>({
    {"base64.encode", "(bytes) -> string", encode},
    {"base64.decode", "(string) -> bytes", decode},
});

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t word = 0;
    for (size_t each = 0; each < 3; ++each)
      word = (word << 8) | (each < count ? static_cast<unsigned char>(bytes[at + each]) : 0U);
    for (size_t each = 0; each < 4; ++each)
      out += each <= count ? kLetters[(word >> (18 - (6 * each))) & 63] : '=';
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view letters) {
  const bool padded = letters.ends_with('=');
  if (padded && letters.size() % 4 != 0) return std::nullopt;
  for (int most = 2; most > 0 && letters.ends_with('='); --most) letters.remove_suffix(1);
  if (letters.size() % 4 == 1) return std::nullopt;
  std::string out;
  uint32_t word = 0;
  int held = 0;
  for (const char letter : letters) {
    const size_t value = kLetters.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    word = (word << 6) | static_cast<uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>((word >> held) & 0xFF);
  }
  return out;
}

FunctionTable encoder_extension() { return kRows; }

}  // namespace tripline::cel
