// SPDX-License-Identifier: Apache-2.0
// JSON in the manner of protobuf: what of an Event is left out, and what is printed whatever its value, is decided by
// the caller's choice between member and set_member. Part of json.cc's work.
//
// It writes at the end of a string that may hold something already; whether a comma is due it sees from the last byte.
#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"

namespace tripline {

class JsonOut {
 public:
  explicit JsonOut(std::string& out) : out_(out) {}

  void object(std::string_view name) {
    key(name);
    out_ += '{';
  }
  void array(std::string_view name) {
    key(name);
    out_ += '[';
  }
  void start() {
    separate();
    out_ += '{';
  }
  void end() { out_ += '}'; }
  void end_array() { out_ += ']'; }

  // Bytes that are no UTF-8 are replaced.
  void text(std::string_view value) {
    separate();
    quoted(value);
  }
  // An enumerator: the name, or the number when it has none.
  void named(std::string_view name, int32_t value) {
    if (!name.empty()) return text(name);
    separate();
    digits(value);
  }
  // Members as they stand between braces, already written.
  void raw(std::string_view members) {
    if (members.empty()) return;
    separate();
    out_ += members;
  }

  // A member that is left out when it is empty, zero or false.
  void member(std::string_view name, std::string_view value) {
    if (!value.empty()) set_member(name, value);
  }
  void member(std::string_view name, uint32_t value) {
    if (value != 0) set_member(name, value);
  }
  void member64(std::string_view name, uint64_t value) {
    if (value != 0) set_member64(name, value);
  }

  // A member that is printed whatever its value.
  void set_member(std::string_view name, uint32_t value) {
    key(name);
    digits(value);
  }
  void set_member(std::string_view name, int32_t value) {
    key(name);
    digits(value);
  }
  template <std::integral T>
  void set_member64(std::string_view name, T value) {
    key(name);
    out_ += '"';
    digits(value);
    out_ += '"';
  }
  void set_member(std::string_view name, std::string_view value) {
    key(name);
    quoted(value);
  }
  void set_named(std::string_view name, std::string_view value_name, int32_t value) {
    if (value_name.empty())
      set_member(name, value);
    else
      set_member(name, value_name);
  }
  void set_member(std::string_view name, std::same_as<bool> auto value) {
    key(name);
    out_ += value ? "true" : "false";
  }
  template <typename T>
  void set_member(std::string_view name, const std::optional<T>& value) {
    if (value) set_member(name, *value);
  }

 private:
  [[nodiscard]] bool is_due() const {
    return !out_.empty() && out_.back() != '{' && out_.back() != '[' && out_.back() != ':';
  }
  void separate() {
    if (is_due()) out_ += ',';
  }
  // Names of members are ours: there is nothing to escape in them. In one piece, for a line has some thirty.
  void key(std::string_view name) {
    const size_t before = out_.size();
    const bool due = is_due();
    out_.resize_and_overwrite(before + name.size() + 4, [&](char* bytes, size_t /*size*/) {
      char* to = bytes + before;
      if (due) *to++ = ',';
      *to++ = '"';
      to = std::copy_n(name.data(), name.size(), to);
      *to++ = '"';
      *to++ = ':';
      return static_cast<size_t>(to - bytes);
    });
  }
  template <typename T>
  void digits(T value) {
    char text[24];
    out_.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
  }
  void quoted(std::string_view value);

  std::string& out_;
};

// Writes member `name`: the list of arguments, unless it is empty; one argument.
void write_arguments(JsonOut& json, std::string_view name, const std::vector<Argument>& args);
void write_argument(JsonOut& json, std::string_view name, const Argument& arg);

void write_capabilities(JsonOut& json, std::string_view name, const Capabilities& cap);
// The members of credentials, without the braces.
void write_credential_members(JsonOut& json, const Credentials& credentials);

}  // namespace tripline
