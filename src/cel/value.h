// SPDX-License-Identifier: Apache-2.0
// The result of evaluating an expression. Values are copied freely: large ones are shared. Texts and messages may be
// views of the input: a value lives no longer than the program, the event and the values that it was made from,
// unless `keep` holds them.
//
// An error is not a value: functions return an Outcome.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace google::protobuf {
class Message;
}

namespace tripline::cel {

struct Value;

struct Text {  // UTF-8
  std::string_view view;
  std::shared_ptr<const void> keep;
};

struct Bytes {
  std::string_view view;
  std::shared_ptr<const void> keep;
};

struct List {
  std::shared_ptr<const std::vector<Value>> items;  // never null
};

class Entries;
struct Map {
  std::shared_ptr<const Entries> entries;  // never null
};

struct Timestamp {  // in the years 1 to 9999
  int64_t seconds = 0;
  int32_t nanos = 0;  // 0 to 999,999,999
  auto operator<=>(const Timestamp&) const = default;
};

struct Duration {
  int64_t nanos = 0;
  auto operator<=>(const Duration&) const = default;
};

struct TypeName {
  std::string_view name;  // lives for ever
  bool operator==(const TypeName&) const = default;
};

struct MessageRef {
  const google::protobuf::Message* message = nullptr;
  std::shared_ptr<const void> keep;
};

struct Optional {
  std::shared_ptr<const Value> value;  // null: none
};

struct Ip {
  std::array<uint8_t, 16> bytes{};  // in network order; of IPv4 the first four
  bool four = false;
  bool operator==(const Ip&) const = default;
};

struct Cidr {
  Ip ip;
  int prefix = 0;
  bool operator==(const Cidr&) const = default;
};

// In the order of the alternatives of Value.
enum class Kind : uint8_t {
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kList,
  kMap,
  kTimestamp,
  kDuration,
  kType,
  kMessage,
  kOptional,
  kIp,
  kCidr,
};

struct Value {
  using Is = std::variant<std::monostate, bool, int64_t, uint64_t, double, Text, Bytes, List, Map, Timestamp,
                          Duration, TypeName, MessageRef, Optional, Ip, Cidr>;
  Is is;

  [[nodiscard]] Kind kind() const { return static_cast<Kind>(is.index()); }
  template <typename T>
  [[nodiscard]] const T& as() const {
    return std::get<T>(is);
  }
  template <typename T>
  [[nodiscard]] const T* get() const {
    return std::get_if<T>(&is);
  }
};

// The message of the error, when there is no value.
using Outcome = std::expected<Value, std::string>;

// Keys are of different kinds or unequal. They stay in the order in which they were added.
class Entries {
 public:
  using Entry = std::pair<Value, Value>;

  // False when the key is there already; it is of a kind that keys can be.
  bool add(Value key, Value value);
  void reserve(size_t count) { all_.reserve(count); }

  // Numbers are found by a number of another type that is equal to them.
  [[nodiscard]] const Value* find(const Value& key) const;
  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] const std::vector<Entry>& all() const { return all_; }
  [[nodiscard]] size_t size() const { return all_.size(); }

 private:
  static constexpr size_t kFew = 8;  // entries that are searched one after the other

  [[nodiscard]] const Entry* exact(const Value& key) const;

  std::vector<Entry> all_;
  std::unordered_multimap<size_t, uint32_t> by_hash_;  // filled when there are more than kFew
};

[[nodiscard]] bool can_be_key(const Value& value);

[[nodiscard]] inline Value null_value() { return {}; }
[[nodiscard]] inline Value boolean(bool value) { return {value}; }
[[nodiscard]] Value text(std::string value);
[[nodiscard]] Value bytes(std::string value);
[[nodiscard]] Value list(std::vector<Value> items);
[[nodiscard]] Value map(Entries entries);
[[nodiscard]] Value some(Value value);
[[nodiscard]] Value none();

[[nodiscard]] std::unexpected<std::string> failed(std::string message);
[[nodiscard]] std::unexpected<std::string> no_such_overload();

}  // namespace tripline::cel
