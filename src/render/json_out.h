// SPDX-License-Identifier: Apache-2.0
// JSON in the manner of protobuf: what of an Event is left out, and what is printed whatever its value, is decided by
// the caller's choice between member and set_member. Part of json.cc's work.
//
// It writes at the end of a text that may hold something already; whether a comma is due it sees from the last byte.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "render/text_buffer.h"

namespace tripline {

class JsonOut {
 public:
  explicit JsonOut(TextBuffer& out) : out_(out) {}

  [[gnu::always_inline]] void object(std::string_view name) {
    key(name);
    out_.add('{');
  }
  [[gnu::always_inline]] void array(std::string_view name) {
    key(name);
    out_.add('[');
  }
  void start() {
    separate();
    out_.add('{');
  }
  void end() { out_.add('}'); }
  void end_array() { out_.add(']'); }

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
    out_.add(members);
  }

  // A member that is left out when it is empty, zero or false.
  [[gnu::always_inline]] void member(std::string_view name, std::string_view value) {
    if (!value.empty()) set_member(name, value);
  }
  [[gnu::always_inline]] void member(std::string_view name, uint32_t value) {
    if (value != 0) set_member(name, value);
  }
  [[gnu::always_inline]] void member64(std::string_view name, uint64_t value) {
    if (value != 0) set_member64(name, value);
  }

  // Text of ours, in which there is nothing to escape.
  [[gnu::always_inline]] void plain_member(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    out_.add('"');
    out_.add(value);
    out_.add('"');
  }

  // A member that is printed whatever its value.
  [[gnu::always_inline]] void set_member(std::string_view name, uint32_t value) {
    key(name);
    digits(value);
  }
  [[gnu::always_inline]] void set_member(std::string_view name, int32_t value) {
    key(name);
    digits(value);
  }
  // The same, where the name is not ours.
  void text_member(std::string_view name, std::string_view value) {
    separate();
    quoted(name);
    out_.add(':');
    quoted(value);
  }
  template <std::integral T>
  [[gnu::always_inline]] void set_member64(std::string_view name, T value) {
    key(name);
    out_.add('"');
    digits(value);
    out_.add('"');
  }
  [[gnu::always_inline]] void set_member(std::string_view name, std::string_view value) {
    key(name);
    quoted(value);
  }
  [[gnu::always_inline]] void set_named(std::string_view name, std::string_view value_name, int32_t value) {
    if (value_name.empty())
      set_member(name, value);
    else
      set_member(name, value_name);
  }
  [[gnu::always_inline]] void set_member(std::string_view name, std::same_as<bool> auto value) {
    key(name);
    out_.add(value ? std::string_view("true") : std::string_view("false"));
  }
  template <typename T>
  [[gnu::always_inline]] void set_member(std::string_view name, const std::optional<T>& value) {
    if (value) set_member(name, *value);
  }

 private:
  [[nodiscard]] bool is_due() const {
    const char last = out_.back();
    return last != '\0' && last != '{' && last != '[' && last != ':';
  }
  void separate() {
    if (is_due()) out_.add(',');
  }
  // Names of members are ours: there is nothing to escape in them. Inlined, where their sizes are known: a line has some
  // thirty.
  [[gnu::always_inline]] void key(std::string_view name) {
    const bool due = is_due();
    char* const from = out_.room(name.size() + 4);
    char* to = from;
    *to = ',';
    to += due;
    *to++ = '"';
    std::memcpy(to, name.data(), name.size());
    to += name.size();
    *to++ = '"';
    *to++ = ':';
    out_.grow(static_cast<size_t>(to - from));
  }
  template <typename T>
  void digits(T value) {
    out_.digits(value);
  }
  void quoted(std::string_view value);
  void escaped(std::string_view value);

  TextBuffer& out_;
};

// Writes member `name`: the list of arguments, unless it is empty; one argument.
void write_arguments(JsonOut& json, std::string_view name, const std::vector<Argument>& args);
void write_argument(JsonOut& json, std::string_view name, const Argument& arg);

void write_capabilities(JsonOut& json, std::string_view name, const Capabilities& cap);
// The members of credentials, without the braces.
void write_credential_members(JsonOut& json, const Credentials& credentials);

}  // namespace tripline
