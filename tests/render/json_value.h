// SPDX-License-Identifier: Apache-2.0
// A JSON value as a tree, for tests. Numbers are integers.
#pragma once

#include <rapidjson/reader.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tripline::test {

struct JsonValue {
  using Array = std::vector<JsonValue>;
  using Object = std::vector<std::pair<std::string, JsonValue>>;
  std::variant<std::nullptr_t, bool, int64_t, uint64_t, std::string, Array, Object> value;
};

class JsonReader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonReader> {
 public:
  // Absent when `text` is not one JSON value.
  static std::optional<JsonValue> read(const std::string& text) {
    JsonReader handler;
    rapidjson::StringStream stream(text.c_str());
    rapidjson::Reader reader;
    if (reader.Parse(stream, handler).IsError()) return std::nullopt;
    return handler.root_;
  }

  bool Null() { return add(nullptr); }
  bool Bool(bool on) { return add(on); }
  bool Int(int number) { return add(int64_t{number}); }
  bool Uint(unsigned number) { return add(int64_t{number}); }
  bool Int64(int64_t number) { return add(number); }
  bool Uint64(uint64_t number) { return add(number); }
  bool Double(double /*number*/) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return add(std::string(text, size));
  }
  bool StartObject() { return open(JsonValue::Object{}); }
  bool StartArray() { return open(JsonValue::Array{}); }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    open_.back().key.assign(text, size);
    return true;
  }
  bool EndObject(rapidjson::SizeType /*members*/) { return close(); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return close(); }

 private:
  struct Level {
    JsonValue value;
    std::string key;  // of the member to come
  };

  template <typename T>
  bool add(T value) {
    return add(JsonValue{std::move(value)});
  }
  bool add(JsonValue value) {
    if (open_.empty())
      root_ = std::move(value);
    else if (auto* array = std::get_if<JsonValue::Array>(&open_.back().value.value))
      array->push_back(std::move(value));
    else
      std::get<JsonValue::Object>(open_.back().value.value).emplace_back(open_.back().key, std::move(value));
    return true;
  }
  template <typename T>
  bool open(T empty) {
    open_.push_back({JsonValue{std::move(empty)}, {}});
    return true;
  }
  bool close() {
    JsonValue done = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(done));
  }

  std::vector<Level> open_;
  JsonValue root_;
};

}  // namespace tripline::test
