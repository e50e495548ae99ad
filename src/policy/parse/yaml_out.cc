// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/yaml_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/utf8.h"
#include "policy/number.h"

namespace tripline {
namespace {

constexpr size_t kStep = 4;
constexpr size_t kDash = 2;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of letters beyond ASCII too: they sort behind those within.
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0; }

struct Number {
  uint64_t value = 0;
  size_t end = 0;
};
Number number_at(std::string_view text, size_t at, uint64_t before) {
  Number out{before, at};
  for (; out.end < text.size() && is_digit(text[out.end]); ++out.end)
    out.value = out.value * 10 + static_cast<uint64_t>(text[out.end] - '0');
  return out;
}

// Numbers inside texts by their value, letters behind everything else.
bool sorts_before(std::string_view one, std::string_view other) {
  bool digits = false;
  for (size_t at = 0; at < std::min(one.size(), other.size()); ++at) {
    const char a = one[at];
    const char b = other[at];
    if (a == b) {
      digits = is_digit(a);
      continue;
    }
    const bool a_letter = is_letter(a);
    const bool b_letter = is_letter(b);
    if (a_letter && b_letter) return static_cast<unsigned char>(a) < static_cast<unsigned char>(b);
    if (a_letter || b_letter) return digits ? a_letter : b_letter;
    uint64_t before = 0;
    if (a == '0' || b == '0') {
      for (size_t back = at; back > 0 && is_digit(one[back - 1]); --back)
        if (one[back - 1] != '0') before = 1;
    }
    const Number first = number_at(one, at, before);
    const Number second = number_at(other, at, before);
    if (first.value != second.value) return first.value < second.value;
    if (first.end != second.end) return first.end < second.end;
    return static_cast<unsigned char>(a) < static_cast<unsigned char>(b);
  }
  return one.size() < other.size();
}

bool is_date(std::string_view text) {
  return text.size() >= 8 && std::ranges::all_of(text.substr(0, 4), is_digit) && text[4] == '-' &&
         is_digit(text[5]);
}

bool is_number(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != '_'; });
  if (policy::parse_integer(digits)) return true;
  std::string_view rest = digits;
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) rest.remove_prefix(1);
  const size_t exponent = rest.find_first_of("eE");
  const std::string_view mantissa = rest.substr(0, exponent);
  const auto numeric = [](std::string_view part, bool point) {
    return std::ranges::any_of(part, is_digit) && std::ranges::count(part, '.') <= (point ? 1 : 0) &&
           std::ranges::all_of(part, [](char c) { return is_digit(c) || c == '.'; });
  };
  if (!numeric(mantissa, true)) return false;
  if (exponent == std::string_view::npos) return true;
  std::string_view power = rest.substr(exponent + 1);
  if (!power.empty() && (power[0] == '+' || power[0] == '-')) power.remove_prefix(1);
  return numeric(power, false);
}

// Would a reader take `text` for something other than text, were it not quoted?
bool reads_otherwise(std::string_view text) {
  constexpr std::array kWords = std::to_array<std::string_view>(
      {"",      "~",     "null",  "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE",
       "y",     "Y",     "yes",   "Yes",  "YES",  "on",   "On",   "ON",   "n",     "N",     "no",
       "No",    "NO",    "off",   "Off",  "OFF",  ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF",
       "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN", "<<",   "="});
  return std::ranges::find(kWords, text) != kWords.end() || is_number(text) || is_date(text);
}

bool has_special(std::string_view text) {
  while (!text.empty()) {
    const auto [point, length] = first_character(text);
    if (length == 0 || (point < 0x20 && point != '\n') || (point >= 0x7f && point < 0xa0 && point != 0x85) ||
        point == 0xfeff)
      return true;
    text.remove_prefix(length);
  }
  return false;
}

bool may_be_plain(std::string_view text) {
  if (text.starts_with("---") || text.starts_with("...")) return false;
  if (text.front() == ' ' || text.back() == ' ' || text.contains('\n')) return false;
  if (std::string_view("#,[]{}&*!|>'\"%@`").contains(text.front())) return false;
  const auto blank_after = [&](size_t at) { return at + 1 >= text.size() || text[at + 1] == ' '; };
  if (std::string_view("-?:").contains(text.front()) && blank_after(0)) return false;
  for (size_t at = 1; at < text.size(); ++at) {
    if (text[at] == ':' && blank_after(at)) return false;
    if (text[at] == '#' && text[at - 1] == ' ') return false;
  }
  return true;
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + '\'';
}

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string quoted_if_needed(std::string_view text) {
  if (has_special(text) || reads_otherwise(text)) return double_quoted(text);
  return may_be_plain(text) ? std::string(text) : single_quoted(text);
}

size_t deeper(size_t indent) { return kStep * ((indent + kStep) / kStep); }

// `|` and the lines of `text`, each `indent` in.
std::string literal(std::string_view text, size_t indent) {
  std::string out = "|";
  if (text.front() == ' ' || text.front() == '\n') out += std::to_string(kStep);
  if (!text.ends_with('\n'))
    out += '-';
  else if (text.ends_with("\n\n") || text == "\n")
    out += '+';
  std::string_view rest = text.ends_with('\n') ? text.substr(0, text.size() - 1) : text;
  for (;;) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    out += '\n';
    if (!line.empty()) out.append(indent, ' ') += line;
    if (end == std::string_view::npos) return out;
    rest.remove_prefix(end + 1);
  }
}

class Writer {
 public:
  // At the place where a key or a dash of `value`'s members would stand, `indent` in.
  void block(YamlValue& value, size_t indent) {
    if (auto* list = std::get_if<std::vector<YamlValue>>(&value.is)) return items(*list, indent);
    if (auto* members = std::get_if<std::vector<YamlMember>>(&value.is)) return mapping(*members, indent);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

  // Whether it stands behind the key or the dash, in the same line.
  static bool is_inline(const YamlValue& value) {
    if (const auto* list = std::get_if<std::vector<YamlValue>>(&value.is)) return list->empty();
    if (const auto* members = std::get_if<std::vector<YamlMember>>(&value.is)) return members->empty();
    return true;
  }

  void line(const YamlValue& value, size_t indent) {
    if (const auto* scalar = std::get_if<YamlScalar>(&value.is)) {
      out_ += scalar->has_lines ? literal(scalar->text, indent) : scalar->text;
    } else {
      out_ += std::holds_alternative<std::vector<YamlValue>>(value.is) ? "[]" : "{}";
    }
    out_ += '\n';
  }

 private:
  void items(std::vector<YamlValue>& list, size_t indent) {
    for (size_t n = 0; n < list.size(); ++n) {
      if (n > 0) out_.append(indent, ' ');
      out_ += "- ";
      if (is_inline(list[n]))
        line(list[n], indent + kDash);
      else
        block(list[n], indent + kDash);
    }
  }

  void mapping(std::vector<YamlMember>& members, size_t indent) {
    std::ranges::sort(members, sorts_before, &YamlMember::key);
    for (size_t n = 0; n < members.size(); ++n) {
      if (n > 0) out_.append(indent, ' ');
      auto& [key, value] = members[n];
      out_ += quoted_if_needed(key) + ":";
      const size_t inner = deeper(indent);
      if (is_inline(value)) {
        out_ += ' ';
        line(value, inner);
      } else {
        out_ += '\n';
        out_.append(inner, ' ');
        block(value, inner);
      }
    }
  }

  std::string out_;
};

}  // namespace

YamlValue yaml_plain(std::string_view scalar) { return {YamlScalar{std::string(scalar)}}; }

YamlValue yaml_text(std::string_view text) {
  if (text.contains('\n') && !has_special(text)) return {YamlScalar{std::string(text), true}};
  return {YamlScalar{quoted_if_needed(text)}};
}

std::string yaml_out(YamlValue value) {
  Writer writer;
  if (Writer::is_inline(value))
    writer.line(value, 0);
  else
    writer.block(value, 0);
  return writer.take();
}

}  // namespace tripline
