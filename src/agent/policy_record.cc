// SPDX-License-Identifier: Apache-2.0
#include "agent/policy_record.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <utility>

#include "base/go_text.h"
#include "base/utf8.h"

namespace tripline {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr int kDeepest = 1'000;  // of values in values

// --- writing --------------------------------------------------------------------------------------------------------

// What also stands for itself in HTML is written as a number, as these files always were.
std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto [point, length] = first_character(text);
    const char c = text.front();
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f') {
      out += {'\\', c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '\b' ? 'b' : 'f'};
    } else if (point < 0x20 || c == '<' || c == '>' || c == '&' || point == 0x2028 || point == 0x2029) {
      out += fmt::format("\\u{:04x}", point);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + '"';
}

void add_utf8(std::string& out, uint32_t point) {
  const auto part = [&](uint32_t bits) { out += static_cast<char>(bits); };
  if (point < 0x80) {
    part(point);
  } else if (point < 0x800) {
    part(0xc0 | point >> 6);
    part(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    part(0xe0 | point >> 12);
    part(0x80 | (point >> 6 & 0x3f));
    part(0x80 | (point & 0x3f));
  } else {
    part(0xf0 | point >> 18);
    part(0x80 | (point >> 12 & 0x3f));
    part(0x80 | (point >> 6 & 0x3f));
    part(0x80 | (point & 0x3f));
  }
}

// --- reading --------------------------------------------------------------------------------------------------------

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<uint32_t> hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return {};
}

bool same_word(std::string_view a, std::string_view b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  if (a.size() != b.size()) return false;
  for (size_t n = 0; n < a.size(); ++n)
    if (small(a[n]) != small(b[n])) return false;
  return true;
}

// A value that is not looked into further.
struct Value {
  enum class Kind : uint8_t { kNull, kBoolean, kNumber, kText, kArray, kObject };
  Kind kind = Kind::kNull;
  bool is_true = false;
  std::string text = {};
};

std::string_view kind_name(Value::Kind kind) {
  constexpr std::array<std::string_view, 6> kNames = {"null", "bool", "number", "string", "array", "object"};
  return kNames.at(static_cast<size_t>(kind));
}

// Reads to the first mistake, which error() then tells; from there on there is nothing more to read.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::expected<PolicyRecord, std::string> record() {
    PolicyRecord out;
    std::string mismatch;
    const auto take = [&](std::string_view key, const Value& value) {
      const bool is_yaml = same_word(key, "yaml");
      if ((!is_yaml && !same_word(key, "enabled")) || value.kind == Value::Kind::kNull) return;
      const auto wanted = is_yaml ? Value::Kind::kText : Value::Kind::kBoolean;
      if (value.kind != wanted) {
        if (mismatch.empty())
          mismatch = fmt::format("json: cannot unmarshal {} into the member {} of type {}",
                                 kind_name(value.kind), is_yaml ? "yaml" : "enabled", kind_name(wanted));
      } else if (is_yaml) {
        out.yaml = value.text;
      } else {
        out.enabled = value.is_true;
      }
    };
    const Value whole = value(0, take);
    skip();
    if (error_.empty() && at_ < text_.size()) wrong("after top-level value");
    if (!error_.empty()) return std::unexpected(error_);
    if (!mismatch.empty()) return std::unexpected(mismatch);
    if (whole.kind != Value::Kind::kObject && whole.kind != Value::Kind::kNull)
      return std::unexpected(
          fmt::format("json: cannot unmarshal {} into a policy record", kind_name(whole.kind)));
    return out;
  }

 private:
  static constexpr auto kNobody = [](std::string_view, const Value&) {};

  void skip() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  void wrong(std::string_view where) {
    if (error_.empty()) {
      if (at_ >= text_.size()) {
        error_ = "unexpected end of JSON input";
      } else {
        const char c = text_[at_];
        const std::string shown = go_quoted(text_.substr(at_, 1));
        error_ = fmt::format("invalid character {} {}",
                             c == '\''  ? "'\\''"
                             : c == '"' ? "'\"'"
                                        : "'" + shown.substr(1, shown.size() - 2) + "'",
                             where);
      }
    }
    at_ = text_.size();
  }

  // The next character, when it is one of those.
  bool takes(std::string_view any) {
    if (at_ >= text_.size() || !any.contains(text_[at_])) return false;
    ++at_;
    return true;
  }

  template <typename Take>
  Value value(int depth, const Take& take) {
    skip();
    if (depth > kDeepest) {
      if (error_.empty()) error_ = "exceeded max depth";
      at_ = text_.size();
      return {};
    }
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (c == '{') return object(depth, take);
    if (c == '[') return array(depth);
    if (c == '"') return {.kind = Value::Kind::kText, .text = text()};
    if (c == 't') return word("true", {.kind = Value::Kind::kBoolean, .is_true = true});
    if (c == 'f') return word("false", {.kind = Value::Kind::kBoolean});
    if (c == 'n') return word("null", {});
    if (c == '-' || is_digit(c)) return number();
    wrong("looking for beginning of value");
    return {};
  }

  Value word(std::string_view whole, Value value) {
    for (size_t n = 0; n < whole.size(); ++n, ++at_) {
      if (at_ < text_.size() && text_[at_] == whole[n]) continue;
      wrong(fmt::format("in literal {} (expecting '{}')", whole, whole[n]));
      return {};
    }
    return value;
  }

  void digits(std::string_view where) {
    if (!takes("0123456789")) return wrong(where);
    while (takes("0123456789")) {
    }
  }

  Value number() {
    takes("-");
    if (!takes("0")) digits("in numeric literal");
    if (takes(".")) digits("after decimal point in numeric literal");
    if (takes("eE")) {
      takes("+-");
      digits("in exponent of numeric literal");
    }
    return {.kind = Value::Kind::kNumber};
  }

  uint32_t code_unit() {
    uint32_t unit = 0;
    for (int n = 0; n < 4; ++n, ++at_) {
      const auto digit = at_ < text_.size() ? hex_digit(text_[at_]) : std::nullopt;
      if (!digit) {
        wrong("in \\u hexadecimal character escape");
        return 0;
      }
      unit = unit << 4 | *digit;
    }
    return unit;
  }

  void escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    if (takes("u")) {
      uint32_t point = code_unit();
      const bool is_first_half = point >= 0xd800 && point < 0xdc00;
      if (is_first_half && text_.substr(at_).starts_with("\\u")) {
        const size_t before = std::exchange(at_, at_ + 2);
        const uint32_t second = code_unit();
        if (second >= 0xdc00 && second < 0xe000)
          point = 0x10000 + ((point - 0xd800) << 10) + (second - 0xdc00);
        else if (error_.empty())
          at_ = before;
      }
      return add_utf8(out, point >= 0xd800 && point < 0xe000 ? 0xfffd : point);
    }
    const size_t letter = at_ < text_.size() ? kLetters.find(text_[at_]) : std::string_view::npos;
    if (letter == std::string_view::npos) return wrong("in string escape code");
    out += kMeant[letter];
    ++at_;
  }

  std::string text() {
    std::string out;
    for (++at_; at_ < text_.size();) {
      const char c = text_[at_];
      if (takes("\"")) return out;
      if (takes("\\")) {
        escape(out);
        continue;
      }
      if (static_cast<unsigned char>(c) < 0x20) break;
      const size_t length = first_character(text_.substr(at_)).length;
      if (length == 0)
        add_utf8(out, 0xfffd);
      else
        out += text_.substr(at_, length);
      at_ += length == 0 ? 1 : length;
    }
    wrong("in string literal");
    return {};
  }

  Value array(int depth) {
    ++at_;
    skip();
    if (takes("]")) return {.kind = Value::Kind::kArray};
    for (;;) {
      (void)value(depth + 1, kNobody);
      skip();
      if (takes("]")) return {.kind = Value::Kind::kArray};
      if (!takes(",")) break;
    }
    wrong("after array element");
    return {};
  }

  template <typename Take>
  Value object(int depth, const Take& take) {
    ++at_;
    skip();
    if (takes("}")) return {.kind = Value::Kind::kObject};
    for (;;) {
      skip();
      if (at_ >= text_.size() || text_[at_] != '"') {
        wrong("looking for beginning of object key string");
        return {};
      }
      const std::string key = text();
      skip();
      if (!takes(":")) {
        wrong("after object key");
        return {};
      }
      const Value member = value(depth + 1, kNobody);
      if (error_.empty()) take(key, member);
      skip();
      if (takes("}")) return {.kind = Value::Kind::kObject};
      if (!takes(",")) break;
    }
    wrong("after object key:value pair");
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string error_;
};

}  // namespace

std::string record_text(const PolicyRecord& record) {
  return fmt::format("{{\n  \"yaml\": {},\n  \"enabled\": {}\n}}\n", json_quoted(record.yaml),
                     record.enabled);
}

std::expected<PolicyRecord, std::string> read_record(std::string_view text) { return Reader(text).record(); }

std::string record_file(const PolicyName& name) {
  return name.name + ':' + name.namespace_name + ':' + name.domain + std::string(kSuffix);
}

std::optional<PolicyName> named_by(std::string_view file) {
  if (!file.ends_with(kSuffix)) return {};
  file.remove_suffix(kSuffix.size());
  const size_t first = file.find(':');
  const size_t second = first == std::string_view::npos ? first : file.find(':', first + 1);
  if (second == std::string_view::npos) return {};
  return PolicyName{std::string(file.substr(second + 1)),
                    std::string(file.substr(first + 1, second - first - 1)),
                    std::string(file.substr(0, first))};
}

}  // namespace tripline
