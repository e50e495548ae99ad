// SPDX-License-Identifier: Apache-2.0
// The scratch memory of a program has room for a limited number of values per call: this enforces limits that the
// language does not have. It is the same for every hook, and shared by all policies, one section of a hook after the
// other.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <tuple>

#include "policy/checked.h"

namespace tripline {

inline constexpr size_t kMostTexts = 8;    // values with bytes of any number: text, buffers, paths
inline constexpr size_t kMostValues = 24;  // those and all others that are no mere number in a register
inline constexpr size_t kMostArgs = 96;    // of one section, numbers too

// Read when the function returns, and this is its entry.
[[nodiscard]] bool comes_later(const CheckedArg& arg);
// Is it in memory from when it is read until it is written to a record? Else it is in a register, or nowhere.
[[nodiscard]] bool is_held(const CheckedArg& arg);

// What is read of a call, however many look at it.
using ArgKey = std::tuple<ArgType, ArgSource, std::optional<ArgSource>>;
[[nodiscard]] ArgKey key_of(const CheckedArg& arg);

class Room {
 public:
  // Makes place for what the argument needs; false when there is none.
  bool take(const CheckedArg& arg);

 private:
  std::set<ArgKey> held_;
  size_t texts_ = 0;
};

}  // namespace tripline
