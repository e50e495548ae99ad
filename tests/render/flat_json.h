// SPDX-License-Identifier: Apache-2.0
// A JSON value as a flat map, for tests: {"a":{"b":[1,"x"]}} is a.b.0 = 1, a.b.1 = "x". Strings keep their quotes; an
// empty object or list is {} or [].
#pragma once

#include <rapidjson/reader.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tripline::test {

using FlatJson = std::map<std::string, std::string>;

class Flattener : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Flattener> {
 public:
  // Absent when `text` is not one JSON value.
  static std::optional<FlatJson> read(const std::string& text) {
    Flattener flattener;
    rapidjson::StringStream stream(text.c_str());
    rapidjson::Reader reader;
    if (reader.Parse(stream, flattener).IsError()) return std::nullopt;
    return flattener.values_;
  }

  bool Null() { return value("null"); }
  bool Bool(bool on) { return value(on ? "true" : "false"); }
  bool Int(int number) { return value(std::to_string(number)); }
  bool Uint(unsigned number) { return value(std::to_string(number)); }
  bool Int64(int64_t number) { return value(std::to_string(number)); }
  bool Uint64(uint64_t number) { return value(std::to_string(number)); }
  bool Double(double number) { return value(std::to_string(number)); }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    std::string quoted("\"");
    return value(quoted.append(text, size).append("\""));
  }
  bool StartObject() { return open(false); }
  bool StartArray() { return open(true); }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    levels_.back().key.assign(text, size);
    return true;
  }
  bool EndObject(rapidjson::SizeType members) { return close(members, "{}"); }
  bool EndArray(rapidjson::SizeType elements) { return close(elements, "[]"); }

 private:
  struct Level {
    bool array = false;
    size_t index = 0;
    std::string key;
  };

  std::string path() const {
    std::string path;
    for (const Level& level : levels_) {
      if (!path.empty()) path += '.';
      path += level.array ? std::to_string(level.index) : level.key;
    }
    return path;
  }
  bool value(const std::string& text) {
    values_[path()] = text;
    if (!levels_.empty()) levels_.back().index++;
    return true;
  }
  bool open(bool array) {
    levels_.push_back({array, 0, {}});
    return true;
  }
  bool close(rapidjson::SizeType count, const char* empty) {
    levels_.pop_back();
    if (count == 0) return value(empty);
    if (!levels_.empty()) levels_.back().index++;
    return true;
  }

  std::vector<Level> levels_;
  FlatJson values_;
};

}  // namespace tripline::test
