// SPDX-License-Identifier: Apache-2.0
#include "filter/regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace tripline {
namespace {

std::string_view go_name(re2::RE2::ErrorCode code) {
  using enum re2::RE2::ErrorCode;
  switch (code) {
    case NoError:
    case ErrorInternal:
      break;
    case ErrorBadEscape:
      return "invalid escape sequence";
    case ErrorBadCharClass:
      return "invalid character class";
    case ErrorBadCharRange:
      return "invalid character class range";
    case ErrorMissingBracket:
      return "missing closing ]";
    case ErrorMissingParen:
      return "missing closing )";
    case ErrorUnexpectedParen:
      return "unexpected )";
    case ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case ErrorRepeatSize:
      return "invalid repeat count";
    case ErrorRepeatOp:
      return "invalid nested repetition operator";
    case ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case ErrorBadUTF8:
      return "invalid UTF-8";
    case ErrorBadNamedCapture:
      return "invalid named capture";
    case ErrorPatternTooLarge:
      return "expression too large";
  }
  return "regexp/syntax: internal error";
}

}  // namespace

std::expected<Regex, std::string> Regex::compile(const std::string& pattern, int64_t memory) {
  // RE2 alone has it: a byte, which would cut characters in two.
  for (size_t at = 0; at + 1 < pattern.size(); at++) {
    if (pattern[at] != '\\') continue;
    if (pattern[++at] == 'C')
      return std::unexpected(
          "failed to compile regexp: error parsing regexp: invalid escape sequence: `\\C`");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory);
  auto expression = std::make_shared<const re2::RE2>(pattern, options);
  if (!expression->ok()) {
    const bool whole = expression->error_code() == re2::RE2::ErrorPatternTooLarge;
    constexpr size_t kShown = 200;
    return std::unexpected(
        "failed to compile regexp: error parsing regexp: " + std::string(go_name(expression->error_code())) +
        ": `" + (whole ? pattern.substr(0, kShown) : expression->error_arg()) + "`");
  }
  return Regex(std::move(expression));
}

bool Regex::is_in(std::string_view text) const {
  return expression_->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

size_t Regex::groups() const { return static_cast<size_t>(expression_->NumberOfCapturingGroups()); }

bool Regex::find(std::string_view text, size_t from, std::vector<Part>& parts) const {
  std::vector<re2::StringPiece> found(groups() + 1);
  if (!expression_->Match({text.data(), text.size()}, from, text.size(), re2::RE2::UNANCHORED, found.data(),
                          static_cast<int>(found.size())))
    return false;
  parts.clear();
  for (const re2::StringPiece& piece : found) {
    Part part;
    if (piece.data() != nullptr) {
      part.begin = static_cast<size_t>(piece.data() - text.data());
      part.end = part.begin + piece.size();
    }
    parts.push_back(part);
  }
  return true;
}

int64_t memory_of_each(size_t expressions) {
  constexpr int64_t kAll = int64_t{64} << 20;
  constexpr int64_t kMost = int64_t{8} << 20;
  constexpr int64_t kLeast = int64_t{32} << 10;
  return std::clamp(kAll / std::max<int64_t>(static_cast<int64_t>(expressions), 1), kLeast, kMost);
}

std::expected<std::vector<Regex>, std::string> compile_all(const std::vector<std::string>& patterns,
                                                           int64_t memory) {
  std::vector<Regex> out;
  for (const std::string& pattern : patterns) {
    auto compiled = Regex::compile(pattern, memory);
    if (!compiled) return std::unexpected(std::move(compiled).error());
    out.push_back(*std::move(compiled));
  }
  return out;
}

bool any_is_in(const std::vector<Regex>& expressions, std::string_view text) {
  return std::ranges::any_of(expressions, [&](const Regex& each) { return each.is_in(text); });
}

}  // namespace tripline
