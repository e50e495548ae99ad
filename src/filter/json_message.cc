// SPDX-License-Identifier: Apache-2.0
// One pass over the text, led by the descriptor of the message: what a descriptor does not name is never entered, so no
// text can make it go deeper than messages are.
#include "filter/json_message.h"

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/wrappers.pb.h>

#include <charconv>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/utf8.h"

namespace tripline {
namespace {

using google::protobuf::BoolValue;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::Reflection;

// What Go's reader of JSON puts behind its name is a no-break space.
constexpr std::string_view kReader = "proto:\u00a0";
constexpr size_t kShownMost = 80;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool ends_word(char c) { return is_blank(c) || std::string_view(",:{}[]\"").contains(c); }

void append_utf8(std::string& out, uint32_t point) {
  const auto byte = [&](uint32_t value) { out += static_cast<char>(value); };
  const auto rest = [&](int shift) { byte(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xc0 | point >> 6);
    rest(0);
  } else if (point < 0x10000) {
    byte(0xe0 | point >> 12);
    rest(6);
    rest(0);
  } else {
    byte(0xf0 | point >> 18);
    rest(12);
    rest(6);
    rest(0);
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // False at the end of the text.
  bool has_more() {
    skip_blanks();
    return at_ < text_.size();
  }
  bool object(Message& out);
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  bool member(Message& out, std::set<int>& seen);
  bool value(Message& out, const FieldDescriptor& field);
  bool list(Message& out, const FieldDescriptor& field);
  bool scalar(Message& out, const FieldDescriptor& field, size_t from, std::string_view token);
  bool mask(FieldMask& out, const FieldDescriptor& field);
  std::optional<int> enumerator(const EnumDescriptor& type, const FieldDescriptor& field, size_t from,
                                std::string_view token);
  bool text(std::string& out);
  bool escape(std::string& out, size_t from);
  std::optional<uint32_t> hex();

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool takes(char wanted) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  // What stands at `from`, as it is written.
  [[nodiscard]] std::string_view token(size_t from) const {
    size_t end = from;
    if (end < text_.size() && text_[end] == '"') {
      for (++end; end < text_.size() && text_[end] != '"'; ++end)
        if (text_[end] == '\\') ++end;
      end = std::min(end + 1, text_.size());
    } else {
      while (end < text_.size() && !ends_word(text_[end])) ++end;
      if (end == from && end < text_.size()) ++end;
    }
    return text_.substr(from, end - from);
  }
  [[nodiscard]] std::string place(size_t at) const {
    size_t line = 1, start = 0;
    for (size_t end = text_.find('\n'); end < at; end = text_.find('\n', start)) {
      ++line;
      start = end + 1;
    }
    return "(line " + std::to_string(line) + ":" + std::to_string(at - start + 1) + "): ";
  }
  [[nodiscard]] std::string shown(size_t at) const {
    const std::string_view word = token(at);
    std::string out(word.substr(0, kShownMost));
    if (word.size() > kShownMost) out += "...";
    return out;
  }
  bool fault(size_t at, const std::string& message) {
    error_ = std::string(kReader) + place(at) + message;
    return false;
  }
  bool unexpected() {
    skip_blanks();
    error_ = kReader;
    error_ += "syntax error " + place(at_);
    error_ += at_ == text_.size() ? "unexpected end of text" : "unexpected token " + shown(at_);
    return false;
  }
  bool wrong_value(size_t at, const FieldDescriptor& field, const std::string& hint = {}) {
    return fault(at, "invalid value for " + std::string(field.type_name()) + " field " + field.name() + ": " +
                         shown(at) + hint);
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string error_;
};

std::string hint_for(std::string_view word, const std::vector<std::string_view>& names) {
  const std::string near = nearest(word, names);
  return near.empty() ? std::string() : ", did you mean \"" + near + "\"?";
}

bool Reader::object(Message& out) {
  if (!takes('{')) return unexpected();
  if (takes('}')) return true;
  std::set<int> seen;
  do {
    if (!member(out, seen)) return false;
  } while (takes(','));
  return takes('}') || unexpected();
}

bool Reader::member(Message& out, std::set<int>& seen) {
  skip_blanks();
  const size_t from = at_;
  std::string name;
  if (at_ == text_.size() || text_[at_] != '"') return unexpected();
  if (!text(name)) return false;
  const auto& type = *out.GetDescriptor();
  const FieldDescriptor* field = type.FindFieldByName(name);
  if (field == nullptr) field = type.FindFieldByCamelcaseName(name);
  if (field == nullptr) {
    std::vector<std::string_view> names;
    for (int at = 0; at < type.field_count(); at++) {
      names.push_back(type.field(at)->name());
      names.push_back(type.field(at)->json_name());
    }
    return fault(from, "unknown field " + shown(from) + hint_for(name, names));
  }
  if (!seen.insert(field->number()).second) return fault(from, "duplicate field " + shown(from));
  if (!takes(':')) return unexpected();
  skip_blanks();
  if (token(at_) == "null") {
    at_ += 4;
    return true;
  }
  return field->is_repeated() ? list(out, *field) : value(out, *field);
}

bool Reader::list(Message& out, const FieldDescriptor& field) {
  if (!takes('[')) return unexpected();
  if (takes(']')) return true;
  do {
    if (!value(out, field)) return false;
  } while (takes(','));
  return takes(']') || unexpected();
}

bool Reader::value(Message& out, const FieldDescriptor& field) {
  skip_blanks();
  const Reflection& reflection = *out.GetReflection();
  const size_t from = at_;
  if (field.message_type() != nullptr) {
    Message& message =
        field.is_repeated() ? *reflection.AddMessage(&out, &field) : *reflection.MutableMessage(&out, &field);
    if (auto* fields = dynamic_cast<FieldMask*>(&message)) return mask(*fields, field);
    auto* truth = dynamic_cast<BoolValue*>(&message);
    if (truth == nullptr) return object(message);
    const std::string_view word = token(from);
    if (word != "true" && word != "false") return wrong_value(from, field);
    truth->set_value(word == "true");
    at_ += word.size();
    return true;
  }
  if (from == text_.size() || std::string_view(",:{}[]").contains(text_[from])) return unexpected();
  const std::string_view word = token(from);
  if (word.starts_with('"')) {
    std::string content;
    if (!text(content)) return false;
    return scalar(out, field, from, content);
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) return wrong_value(from, field);
  at_ += word.size();
  return scalar(out, field, from, word);
}

bool Reader::scalar(Message& out, const FieldDescriptor& field, size_t from, std::string_view content) {
  const Reflection& reflection = *out.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.is_repeated())
        reflection.AddString(&out, &field, std::string(content));
      else
        reflection.SetString(&out, &field, std::string(content));
      return true;
    case FieldDescriptor::CPPTYPE_UINT32: {
      uint32_t number = 0;
      const auto [end, problem] = std::from_chars(content.data(), content.data() + content.size(), number);
      if (problem != std::errc() || end != content.data() + content.size()) return wrong_value(from, field);
      if (field.is_repeated())
        reflection.AddUInt32(&out, &field, number);
      else
        reflection.SetUInt32(&out, &field, number);
      return true;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const std::optional<int> number = enumerator(*field.enum_type(), field, from, content);
      if (!number) return false;
      if (field.is_repeated())
        reflection.AddEnumValue(&out, &field, *number);
      else
        reflection.SetEnumValue(&out, &field, *number);
      return true;
    }
    default:
      return wrong_value(from, field);
  }
}

std::optional<int> Reader::enumerator(const EnumDescriptor& type, const FieldDescriptor& field, size_t from,
                                      std::string_view content) {
  if (text_[from] != '"') {
    int number = 0;
    const auto [end, problem] = std::from_chars(content.data(), content.data() + content.size(), number);
    if (problem == std::errc() && end == content.data() + content.size()) return number;
    wrong_value(from, field);
    return std::nullopt;
  }
  const EnumValueDescriptor* found = type.FindValueByName(std::string(content));
  // One capability is without the prefix in the API.
  constexpr std::string_view kPrefix = "CAP_";
  if (found == nullptr && content.starts_with(kPrefix))
    found = type.FindValueByName(std::string(content.substr(kPrefix.size())));
  if (found != nullptr) return found->number();
  std::vector<std::string_view> names;
  for (int at = 0; at < type.value_count(); at++) names.push_back(type.value(at)->name());
  wrong_value(from, field, hint_for(content, names));
  return std::nullopt;
}

bool Reader::mask(FieldMask& out, const FieldDescriptor& field) {
  const size_t from = at_;
  if (from == text_.size() || text_[from] != '"') return wrong_value(from, field);
  std::string content;
  if (!text(content)) return false;
  std::string_view rest = content;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    std::string_view path = rest.substr(0, end);
    while (path.starts_with(' ')) path.remove_prefix(1);
    while (path.ends_with(' ')) path.remove_suffix(1);
    if (!path.empty()) out.add_paths(std::string(path));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

bool Reader::text(std::string& out) {
  const size_t from = at_++;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return true;
    }
    if (c == '\\') {
      if (!escape(out, from)) return false;
      continue;
    }
    const Character character = first_character(text_.substr(at_));
    if (character.length == 0) return fault(at_, "invalid UTF-8 in string");
    if (static_cast<unsigned char>(c) < ' ') return fault(at_, "invalid character in string");
    out += text_.substr(at_, character.length);
    at_ += character.length;
  }
  return unexpected();
}

bool Reader::escape(std::string& out, size_t from) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  const size_t start = at_++;
  const char letter = at_ < text_.size() ? text_[at_++] : '\0';
  if (const size_t which = kLetters.find(letter); which != std::string_view::npos) {
    out += kMeant[which];
    return true;
  }
  std::optional<uint32_t> point = letter == 'u' ? hex() : std::nullopt;
  const bool high = point && *point >= 0xd800 && *point < 0xdc00;
  if (high && text_.substr(at_).starts_with("\\u")) {
    at_ += 2;
    const std::optional<uint32_t> low = hex();
    point = low && *low >= 0xdc00 && *low < 0xe000
                ? std::optional(0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00))
                : std::nullopt;
  }
  if (!point || (*point >= 0xd800 && *point < 0xe000))
    return fault(start, "invalid escape in string " + shown(from));
  append_utf8(out, *point);
  return true;
}

std::optional<uint32_t> Reader::hex() {
  constexpr size_t kDigits = 4;
  uint32_t point = 0;
  const std::string_view digits = text_.substr(std::min(at_, text_.size()), kDigits);
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), point, 16);
  if (problem != std::errc() || end != digits.data() + kDigits) return std::nullopt;
  at_ += kDigits;
  return point;
}

}  // namespace

std::expected<void, std::string> read_objects(std::string_view text, const std::function<Message&()>& next) {
  Reader reader(text);
  while (reader.has_more())
    if (!reader.object(next())) return std::unexpected(reader.error());
  return {};
}

}  // namespace tripline
