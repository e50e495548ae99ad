// SPDX-License-Identifier: Apache-2.0
// The daemon's settings: the table of keys (keys.inc), and a plain struct with a member for each, which knows where its
// value came from. A key is also the name of a flag, of a drop-in file, and of an environment variable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flags/command.h"

namespace tripline::config {

// A flag, and why setting it changes nothing ("" for those that do something).
struct Key {
  flags::Flag flag;
  std::string_view no_effect;
};

// Keys that Tetragon does not have. They are known everywhere, and shown where the program goes by our own name: scripts
// compare what `tetragon --help` and the API list.
inline constexpr std::string_view kOurs[] = {"enable-policy-reports", "export-format",
                                             "tracing-policy-dir-watch"};

[[nodiscard]] constexpr bool is_ours(std::string_view key) {
  for (const std::string_view one : kOurs) {
    if (one == key) return true;
  }
  return false;
}

// Sorted by name.
[[nodiscard]] std::span<const Key> keys();

// In any case; nullptr: there is none.
[[nodiscard]] const Key* find_key(std::string_view name);

// TETRAGON_RB_SIZE for rb-size.
[[nodiscard]] std::string environment_name(std::string_view key);

struct Origin {
  enum class Source { kDefault, kDropIn, kYaml, kEnvironment, kFlag };
  Source source = Source::kDefault;
  std::string place;  // a path, with the line of a YAML file; a variable; a flag; empty for a default

  bool operator==(const Origin&) const = default;
};

template <typename T>
struct Setting {
  T value{};
  Origin from;

  [[nodiscard]] bool is_set() const { return from.source != Origin::Source::kDefault; }
};

using Bool = bool;
using Int = int64_t;
using Uint = uint64_t;
using Duration = flags::Duration;
using String = std::string;
using Strings = std::vector<std::string>;

struct Settings {
#define TRIPLINE_KEY(type, member, name, letter, fallback, help, no_effect) Setting<type> member;
#include "config/keys.inc"
#undef TRIPLINE_KEY
};

// Calls visit(key, setting) for every key, in their order.
template <typename S, typename Visit>
void for_each_setting(S& settings, Visit&& visit) {
  const Key* key = keys().data();
#define TRIPLINE_KEY(type, member, name, letter, fallback, help, no_effect) visit(*key++, settings.member);
#include "config/keys.inc"
#undef TRIPLINE_KEY
}

}  // namespace tripline::config
