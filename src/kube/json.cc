// SPDX-License-Identifier: Apache-2.0
#include "kube/json.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <charconv>

namespace tripline::kube {
namespace {

constexpr size_t kDeepestSkipped = 1000;

bool is_prefix(std::string_view prefix, std::string_view path) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '.');
}

// Builds the tree of what is wanted while the text is read.
class Builder {
 public:
  using Ch = char;

  explicit Builder(std::span<const std::string_view> wanted) : wanted_(wanted), whole_(wanted.empty()) {}

  Json take() { return std::move(root_); }

  // NOLINTBEGIN(readability-identifier-naming): as the library calls them
  bool Null() { return scalar(Json::Kind::kNull, {}); }
  bool Bool(bool value) { return scalar(Json::Kind::kBoolean, value ? "true" : "false"); }
  // Numbers come as they are written (RawNumber), so these are never called.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return scalar(Json::Kind::kNumber, {text, size});
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return scalar(Json::Kind::kText, {text, size});
  }

  bool StartObject() { return start(Json::Kind::kObject); }
  bool StartArray() { return start(Json::Kind::kArray); }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool EndArray(rapidjson::SizeType) { return end(); }

  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (skipped_ > 0) return true;
    const Level& level = levels_.back();
    name_.assign(text, size);
    if (level.whole) {
      next_whole_ = true;
      return true;
    }
    path_.resize(level.path);
    if (!path_.empty()) path_ += '.';
    path_ += name_;
    next_whole_ = std::ranges::any_of(wanted_, [&](std::string_view each) { return is_prefix(each, path_); });
    next_skipped_ = !next_whole_ && std::ranges::none_of(wanted_, [&](std::string_view each) {
      return is_prefix(path_, each);
    });
    return true;
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  struct Level {
    Json* value;
    size_t path;  // length of the path that leads here
    bool whole;   // everything below is wanted
  };

  // Where the next value goes. Only the innermost list grows, so those around it stay where they are.
  Json& place() {
    if (levels_.empty()) return root_;
    Json& parent = *levels_.back().value;
    if (parent.kind == Json::Kind::kArray) return parent.items.emplace_back();
    return parent.members.emplace_back(std::move(name_), Json{}).value;
  }
  bool is_member() const { return !levels_.empty() && levels_.back().value->kind == Json::Kind::kObject; }

  bool scalar(Json::Kind kind, std::string_view text) {
    if (skipped_ > 0) return true;
    if (is_member() && std::exchange(next_skipped_, false)) return true;
    Json& value = place();
    value.kind = kind;
    value.text = text;
    return true;
  }

  bool start(Json::Kind kind) {
    if (skipped_ > 0) return ++skipped_ < kDeepestSkipped;
    if (is_member() && std::exchange(next_skipped_, false)) {
      skipped_ = 1;
      return true;
    }
    if (levels_.size() >= kDeepest) return false;
    bool whole = whole_;
    if (!levels_.empty()) whole = is_member() ? next_whole_ : levels_.back().whole;
    const bool named = is_member() && !levels_.back().whole;
    const size_t path = named ? path_.size() : levels_.empty() ? 0 : levels_.back().path;
    Json& value = place();
    value.kind = kind;
    levels_.push_back({&value, path, whole});
    return true;
  }

  bool end() {
    if (skipped_ > 0) {
      --skipped_;
    } else {
      levels_.pop_back();
    }
    return true;
  }

  std::span<const std::string_view> wanted_;
  bool whole_;
  Json root_;
  std::vector<Level> levels_;
  std::string path_;
  std::string name_;  // of the next value of an object
  bool next_whole_ = false;
  bool next_skipped_ = false;
  size_t skipped_ = 0;  // levels of what is passed over
};

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void write(Writer& writer, const Json& value) {
  const auto size = static_cast<rapidjson::SizeType>(value.text.size());
  switch (value.kind) {
    case Json::Kind::kNull:
      writer.Null();
      break;
    case Json::Kind::kBoolean:
      writer.Bool(value.text == "true");
      break;
    case Json::Kind::kNumber:
      writer.RawValue(value.text.data(), size, rapidjson::kNumberType);
      break;
    case Json::Kind::kText:
      writer.String(value.text.data(), size);
      break;
    case Json::Kind::kArray:
      writer.StartArray();
      for (const Json& item : value.items) write(writer, item);
      writer.EndArray();
      break;
    case Json::Kind::kObject:
      writer.StartObject();
      for (const JsonMember& member : value.members) {
        writer.Key(member.name.data(), static_cast<rapidjson::SizeType>(member.name.size()));
        write(writer, member.value);
      }
      writer.EndObject();
      break;
  }
}

}  // namespace

const Json& Json::at(std::string_view name) const {
  static const Json kNone;
  const Json* found = &kNone;
  for (const JsonMember& member : members) {
    if (member.name == name) found = &member.value;
  }
  return *found;
}

std::optional<int64_t> Json::integer() const {
  int64_t out = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, out);
  if (kind != Kind::kNumber || problem != std::errc() || stop != end) return std::nullopt;
  return out;
}

bool Json::is_true() const { return kind == Kind::kBoolean && text == "true"; }

std::optional<Json> read_json(std::string_view text, std::span<const std::string_view> wanted) {
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseValidateEncodingFlag;
  rapidjson::MemoryStream bytes(text.data(), text.size());
  rapidjson::Reader reader;
  Builder builder(wanted);
  if (reader.Parse<kFlags>(bytes, builder).IsError()) return std::nullopt;
  // It takes a NUL for the end.
  if (bytes.Tell() != text.size()) return std::nullopt;
  return builder.take();
}

std::string json_text(const Json& value) {
  rapidjson::StringBuffer out;
  Writer writer(out);
  writer.SetIndent(' ', 1);
  write(writer, value);
  return {out.GetString(), out.GetSize()};
}

std::string json_quoted(std::string_view text) {
  rapidjson::StringBuffer out;
  Writer writer(out);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return {out.GetString(), out.GetSize()};
}

}  // namespace tripline::kube
