// SPDX-License-Identifier: Apache-2.0
// Json: the requested part of a JSON text. The rest is skipped without being stored: half of an object from the API
// server is a record of who changed what.
//
// A null, an absent member and a member of a non-object are all the same here, as they are to the API server.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tripline::kube {

struct JsonMember;

struct Json {
  enum class Kind : uint8_t { kNull, kBoolean, kNumber, kText, kArray, kObject };

  Kind kind = Kind::kNull;
  std::string text;                 // of a text; of a number and a boolean as it is written
  std::vector<Json> items;          // of an array
  std::vector<JsonMember> members;  // of an object

  // The last member of that name; a null when there is none.
  [[nodiscard]] const Json& at(std::string_view name) const;
  [[nodiscard]] std::optional<int64_t> integer() const;
  [[nodiscard]] bool is_true() const;
};

struct JsonMember {
  std::string name;
  Json value;
};

// `wanted`: names joined by dots, "metadata.name"; arrays on the way are not named. All of what such a path leads to is
// kept. No names: everything is kept. Absent when the text is no JSON, or is nested more than kDeepest levels.
inline constexpr size_t kDeepest = 100;
[[nodiscard]] std::optional<Json> read_json(std::string_view text,
                                            std::span<const std::string_view> wanted = {});

// In lines, indented, so that no line is long and places in it mean something.
[[nodiscard]] std::string json_text(const Json& value);
// As a text between quotes.
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace tripline::kube
