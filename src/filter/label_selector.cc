// SPDX-License-Identifier: Apache-2.0
#include "filter/label_selector.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace tripline {
namespace {

constexpr std::string_view kSpecial = "=!(),><";
constexpr size_t kNameMost = 63;
constexpr size_t kPrefixMost = 253;
constexpr std::string_view kNameRule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::ranges::all_of(text,
                             [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_subdomain(std::string_view text) {
  if (text.empty() || text.size() > kPrefixMost) return false;
  char before = '.';
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!plain && c != '-' && c != '.') return false;
    if (before == '.' && !plain) return false;
    if (c == '.' && before == '-') return false;
    before = c;
  }
  return before != '.' && before != '-';
}

// Why `key` is none, or empty.
std::string fault_of_key(std::string_view key) {
  const auto say = [&](std::string_view why) {
    return "key: Invalid value: \"" + std::string(key) + "\": " + std::string(why);
  };
  std::string_view name = key;
  if (const size_t slash = key.find('/'); slash != std::string_view::npos) {
    name = key.substr(slash + 1);
    if (name.contains('/')) return say("a qualified name has at most one '/'");
    if (slash == 0) return say("prefix part must be non-empty");
    if (!is_subdomain(key.substr(0, slash))) return say("prefix part must be a lowercase RFC 1123 subdomain");
  }
  if (name.empty()) return say("name part must be non-empty");
  if (name.size() > kNameMost) return say("name part must be no more than 63 characters");
  return is_name(name) ? std::string() : say("name part " + std::string(kNameRule));
}

std::string fault_of_value(std::string_view key, std::string_view value) {
  if (value.empty() || (is_name(value) && value.size() <= kNameMost)) return {};
  const std::string start =
      "values[0][" + std::string(key) + "]: Invalid value: \"" + std::string(value) + "\": ";
  if (value.size() > kNameMost) return start + "must be no more than 63 characters";
  return start + "a valid label must be an empty string or " + std::string(kNameRule);
}

std::optional<int64_t> integer(std::string_view text) {
  int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool has(const std::vector<std::string>& values, std::string_view value) {
  return std::ranges::find(values, value) != values.end();
}

enum class Token : uint8_t {
  kEnd,
  kIdentifier,
  kOpen,
  kClose,
  kComma,
  kNot,
  kEquals,
  kNotEquals,
  kGreater,
  kLess,
  kIn,
  kNotIn
};

Token token_of(std::string_view text) {
  if (text == ")") return Token::kClose;
  if (text == ",") return Token::kComma;
  if (text == "!") return Token::kNot;
  if (text == "==" || text == "=") return Token::kEquals;
  if (text == ">") return Token::kGreater;
  if (text == "<") return Token::kLess;
  if (text == "!=") return Token::kNotEquals;
  if (text == "(") return Token::kOpen;
  if (text == "in") return Token::kIn;
  if (text == "notin") return Token::kNotIn;
  return Token::kIdentifier;
}

struct Lexeme {
  Token token = Token::kEnd;
  std::string_view text;
};

std::vector<Lexeme> scan(std::string_view text) {
  std::vector<Lexeme> out;
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    if (is_blank(text[at])) {
      ++at;
      continue;
    }
    if (kSpecial.contains(text[at])) {
      Lexeme best{token_of(text.substr(start, 1)), text.substr(start, 1)};
      const std::string_view two = text.substr(start, 2);
      if (two == "==" || two == "!=") best = {token_of(two), two};
      at += best.text.size();
      out.push_back(best);
      continue;
    }
    while (at < text.size() && !is_blank(text[at]) && !kSpecial.contains(text[at])) ++at;
    const std::string_view word = text.substr(start, at - start);
    out.push_back({token_of(word), word});
  }
  out.push_back({});
  return out;
}

}  // namespace

class SelectorParser {
 public:
  using Operator = LabelSelector::Operator;

  explicit SelectorParser(std::string_view text) : lexemes_(scan(text)) {}

  std::expected<LabelSelector, std::string> parse() {
    for (;;) {
      const Lexeme& first = peek();
      if (word(first.token) || first.token == Token::kNot) {
        LabelSelector::Requirement requirement;
        const std::string fault = read(requirement);
        if (!fault.empty()) return std::unexpected("unable to parse requirement: " + fault);
        out_.requirements_.push_back(std::move(requirement));
        const Lexeme& behind = take();
        if (behind.token == Token::kEnd) return std::move(out_);
        if (behind.token != Token::kComma) return std::unexpected(found(behind, "',' or 'end of string'"));
        if (!word(peek().token) && peek().token != Token::kNot)
          return std::unexpected(found(peek(), "identifier after ','"));
      } else if (first.token == Token::kEnd) {
        return std::move(out_);
      } else {
        return std::unexpected(found(first, "!, identifier, or 'end of string'"));
      }
    }
  }

 private:
  // Where a value can stand, `in` and `notin` are words like others.
  static bool word(Token token) {
    return token == Token::kIdentifier || token == Token::kIn || token == Token::kNotIn;
  }
  static std::string found(const Lexeme& lexeme, std::string_view expected) {
    return "found '" + std::string(lexeme.text) + "', expected: " + std::string(expected);
  }
  [[nodiscard]] const Lexeme& peek() const { return lexemes_[at_]; }
  const Lexeme& take() {
    const Lexeme& lexeme = lexemes_[at_];
    if (at_ + 1 < lexemes_.size()) ++at_;
    return lexeme;
  }

  // What is wrong, or empty.
  std::string read(LabelSelector::Requirement& out) {
    const bool negated = peek().token == Token::kNot;
    if (negated) take();
    const Lexeme& key = take();
    if (!word(key.token)) return found(key, "identifier");
    if (std::string fault = fault_of_key(key.text); !fault.empty()) return fault;
    out.key = key.text;
    if (negated) {
      out.op = Operator::kDoesNotExist;
      return {};
    }
    if (peek().token == Token::kEnd || peek().token == Token::kComma) return {};
    const Lexeme& op = take();
    std::string fault;
    switch (op.token) {
      case Token::kIn:
      case Token::kNotIn:
        out.op = op.token == Token::kIn ? Operator::kIn : Operator::kNotIn;
        fault = read_values(out);
        break;
      case Token::kEquals:
      case Token::kNotEquals:
        out.op = op.token == Token::kEquals ? Operator::kIn : Operator::kNotIn;
        fault = read_value(out);
        break;
      case Token::kGreater:
      case Token::kLess:
        out.op = op.token == Token::kGreater ? Operator::kGreater : Operator::kLess;
        fault = read_number(out);
        break;
      default:
        return found(op, "in, notin, =, ==, !=, gt, lt");
    }
    for (size_t at = 0; fault.empty() && at < out.values.size(); at++)
      fault = fault_of_value(out.key, out.values[at]);
    return fault;
  }

  std::string read_value(LabelSelector::Requirement& out) {
    if (peek().token == Token::kEnd || peek().token == Token::kComma) {
      out.values.emplace_back();
      return {};
    }
    const Lexeme& value = take();
    if (!word(value.token)) return found(value, "identifier");
    out.values.emplace_back(value.text);
    return {};
  }

  std::string read_number(LabelSelector::Requirement& out) {
    if (std::string fault = read_value(out); !fault.empty()) return fault;
    const std::optional<int64_t> number = integer(out.values.front());
    if (!number)
      return "values[0][" + out.key + "]: Invalid value: \"" + out.values.front() +
             "\": for 'Gt', 'Lt' operators, the value must be an integer";
    out.number = *number;
    return {};
  }

  // `(a, b)`: nothing before or behind a comma is an empty value.
  std::string read_values(LabelSelector::Requirement& out) {
    const Lexeme& open = take();
    if (open.token != Token::kOpen) return "found '" + std::string(open.text) + "' expected: '('";
    bool wants_value = true;
    for (;;) {
      const Lexeme& next = take();
      if (word(next.token)) {
        if (!wants_value) return found(next, "',' or ')'");
        out.values.emplace_back(next.text);
        wants_value = false;
      } else if (next.token == Token::kComma || next.token == Token::kClose) {
        if (wants_value) out.values.emplace_back();
        wants_value = true;
        if (next.token == Token::kClose) return {};
      } else {
        return found(next, wants_value ? "',', ')' or identifier" : "',' or ')'");
      }
    }
  }

  std::vector<Lexeme> lexemes_;
  size_t at_ = 0;
  LabelSelector out_;
};

std::expected<LabelSelector, std::string> LabelSelector::parse(std::string_view text) {
  return SelectorParser(text).parse();
}

bool LabelSelector::meets(const Requirement& requirement, const LabelViews& labels) {
  const auto label = std::ranges::find(labels, std::string_view(requirement.key),
                                       [](const auto& each) { return each.first; });
  const bool there = label != labels.end();
  switch (requirement.op) {
    case Operator::kExists:
      return there;
    case Operator::kDoesNotExist:
      return !there;
    case Operator::kIn:
      return there && has(requirement.values, label->second);
    case Operator::kNotIn:
      return !there || !has(requirement.values, label->second);
    case Operator::kGreater:
    case Operator::kLess: {
      const std::optional<int64_t> number = there ? integer(label->second) : std::nullopt;
      if (!number) return false;
      return requirement.op == Operator::kGreater ? *number > requirement.number
                                                  : *number < requirement.number;
    }
  }
  return false;
}

bool LabelSelector::matches(const LabelViews& labels) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& each) { return meets(each, labels); });
}

}  // namespace tripline
