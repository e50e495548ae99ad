// SPDX-License-Identifier: Apache-2.0
#include "cel/token.h"

#include <array>
#include <optional>

#include "base/utf8.h"
#include "cel/points.h"

namespace tripline::cel {
namespace {

using Kind = Token::Kind;
using Made = std::expected<Token, Mistake>;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_octal(char byte) { return byte >= '0' && byte <= '7'; }
bool is_letter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

int hex_value(char byte) {
  if (is_digit(byte)) return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

// Longer ones first.
constexpr auto kSigns =
    std::to_array<std::string_view>({"&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*",
                                     "/",  "%",  "?",  ":",  ".",  ",",  "(", ")", "[", "]", "{", "}"});

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::expected<std::vector<Token>, Mistake> run() {
    if (const auto wrong = invalid_utf8(text_)) return refuse(*wrong, "the expression is not valid UTF-8");
    std::vector<Token> out;
    for (;;) {
      skip_blanks();
      Made token = next();
      if (!token) return std::unexpected(std::move(token).error());
      out.push_back(*std::move(token));
      if (out.back().kind == Kind::kEnd) return out;
    }
  }

 private:
  [[nodiscard]] char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] Token token(Kind kind, size_t from, std::string text) const {
    return {.kind = kind, .text = std::move(text), .at = static_cast<uint32_t>(from)};
  }
  static std::unexpected<Mistake> refuse(size_t at, std::string message) {
    return std::unexpected(Mistake{static_cast<uint32_t>(at), "Syntax error: " + std::move(message)});
  }

  void skip_blanks() {
    while (!done()) {
      const char byte = peek();
      if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f') {
        ++at_;
      } else if (byte == '/' && peek(1) == '/') {
        while (!done() && peek() != '\n') ++at_;
      } else {
        return;
      }
    }
  }

  Made next() {
    const size_t from = at_;
    if (done()) return token(Kind::kEnd, from, "");
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return number();
    if (begins_text()) return literal();
    if (is_letter(peek())) {
      while (is_letter(peek()) || is_digit(peek())) ++at_;
      return token(Kind::kName, from, std::string(text_.substr(from, at_ - from)));
    }
    if (peek() == '`') return quoted();
    for (const std::string_view sign : kSigns) {
      if (!text_.substr(at_).starts_with(sign)) continue;
      at_ += sign.size();
      return token(Kind::kSign, from, std::string(sign));
    }
    const size_t length = first_character(text_.substr(at_)).length;
    return refuse(from, "unexpected '" + std::string(text_.substr(at_, length)) + "'");
  }

  Made quoted() {
    const size_t from = at_++;
    const size_t end = text_.find('`', at_);
    const std::string_view name = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    if (end == std::string_view::npos || name.empty()) return refuse(from, "unterminated name in backquotes");
    for (const char byte : name)
      if (!is_letter(byte) && !is_digit(byte) &&
          std::string_view(".-/ ").find(byte) == std::string_view::npos)
        return refuse(from, "a name in backquotes has letters, digits, blanks and _ . - /");
    at_ = end + 1;
    return token(Kind::kQuoted, from, std::string(name));
  }

  Made number() {
    const size_t from = at_;
    Kind kind = Kind::kInt;
    if (peek() == '0' && peek(1) == 'x' && hex_value(peek(2)) >= 0) {
      at_ += 2;
      while (hex_value(peek()) >= 0) ++at_;
    } else {
      while (is_digit(peek())) ++at_;
      if (peek() == '.' && is_digit(peek(1))) {
        kind = Kind::kDouble;
        ++at_;
        while (is_digit(peek())) ++at_;
      }
      const size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
        kind = Kind::kDouble;
        at_ += 1 + sign;
        while (is_digit(peek())) ++at_;
      }
    }
    std::string digits(text_.substr(from, at_ - from));
    if (kind == Kind::kInt && (peek() == 'u' || peek() == 'U')) {
      kind = Kind::kUint;
      ++at_;
    }
    if (is_letter(peek())) return refuse(at_, "a number ends in a letter");
    return token(kind, from, std::move(digits));
  }

  // A quote, perhaps after b, r or br.
  [[nodiscard]] bool begins_text() const {
    const auto is = [this](size_t ahead, char low) { return (peek(ahead) | 0x20) == low; };
    const auto quote = [this](size_t ahead) { return peek(ahead) == '"' || peek(ahead) == '\''; };
    if (quote(0)) return true;
    if (is(0, 'r') || is(0, 'b')) {
      if (quote(1)) return true;
      return is(0, 'b') && is(1, 'r') && quote(2);
    }
    return false;
  }

  Made literal() {
    const size_t from = at_;
    bool raw = false;
    bool is_bytes = false;
    for (; is_letter(peek()); ++at_) ((peek() | 0x20) == 'r' ? raw : is_bytes) = true;
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    at_ += triple ? 3 : 1;
    std::string out;
    for (;;) {
      if (done()) return refuse(from, "unterminated string");
      if (triple ? peek() == quote && peek(1) == quote && peek(2) == quote : peek() == quote) break;
      if (!triple && (peek() == '\n' || peek() == '\r'))
        return refuse(at_, "only triple-quoted strings can contain line breaks");
      if (peek() == '\\' && !raw) {
        if (auto escaped = escape(is_bytes, out); !escaped)
          return std::unexpected(std::move(escaped).error());
      } else if (peek() == '\r') {  // any line break is one
        at_ += peek(1) == '\n' ? 2 : 1;
        out += '\n';
      } else {
        out += text_[at_++];
      }
    }
    at_ += triple ? 3 : 1;
    return token(is_bytes ? Kind::kBytes : Kind::kString, from, std::move(out));
  }

  std::expected<void, Mistake> escape(bool is_bytes, std::string& out) {
    const size_t from = at_++;
    const char kind = peek();
    ++at_;
    constexpr std::string_view kSelf = "\\?\"'`";
    constexpr std::string_view kLetters = "abfnrtv";
    constexpr std::string_view kControls = "\a\b\f\n\r\t\v";
    if (from + 1 < text_.size() && kSelf.find(kind) != std::string_view::npos) {
      out += kind;
      return {};
    }
    if (const size_t which = kLetters.find(kind); which != std::string_view::npos) {
      out += kControls[which];
      return {};
    }
    std::optional<uint32_t> value;
    bool octet = true;
    if (kind == 'x' || kind == 'X') {
      value = hex(2);
    } else if (kind == 'u' && !is_bytes) {
      value = hex(4);
      octet = false;
    } else if (kind == 'U' && !is_bytes) {
      value = hex(8);
      octet = false;
    } else if (kind >= '0' && kind <= '3' && is_octal(peek()) && is_octal(peek(1))) {
      value = static_cast<uint32_t>(((kind - '0') * 64) + ((peek() - '0') * 8) + (peek(1) - '0'));
      at_ += 2;
    }
    if (!value || (!octet && !is_point(*value))) return refuse(from, "an escape sequence that is none");
    if (is_bytes) {
      out += static_cast<char>(*value);
    } else {
      append_point(out, *value);
    }
    return {};
  }

  std::optional<uint32_t> hex(size_t digits) {
    uint32_t out = 0;
    for (size_t count = 0; count < digits; ++count, ++at_) {
      const int digit = hex_value(peek());
      if (digit < 0) return std::nullopt;
      out = (out << 4) | static_cast<uint32_t>(digit);
    }
    return out;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::expected<std::vector<Token>, Mistake> tokens_of(std::string_view text) { return Lexer(text).run(); }

}  // namespace tripline::cel
