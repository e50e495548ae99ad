// SPDX-License-Identifier: Apache-2.0
// The oracle: decides, in the plainest way, what one hook section of a policy does with one call. Written from the
// language's reference, not from the compiler, and sharing no code with it: when the two disagree, one is wrong, and
// this one is a page that can be read. THIS CODE IS SLOW ON PURPOSE AND BELONGS TO TESTS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/checked.h"

namespace tripline::oracle {

// A file as an event shows it. The path is empty when the object has no name (pipe, socket, memfd), or when it could
// not be resolved.
struct File {
  std::string path;
  uint16_t mode = 0;
  bool unresolved = false;
};

using Argument = std::variant<int32_t, File>;

// The arguments of one call of the hooked function, by parameter.
using Call = std::vector<Argument>;

// What a section does with a call that one of its selectors matches.
struct Verdict {
  size_t selector = 0;  // the first that matches
  bool posted = true;   // an event is sent
  unsigned kills = 0;   // Sigkill actions: performed, or in monitor mode counted
  CheckedAction::Kind action = CheckedAction::Kind::kPost;  // what the event names
};

// Absent when no selector matches. Every argument a filter looks at must be in `call`, of the filter's type.
[[nodiscard]] std::optional<Verdict> judge(const CheckedHook& hook, const Call& call);

// One filter by itself.
[[nodiscard]] bool passes(const IntFilter& filter, int32_t value);
[[nodiscard]] bool passes(const PathFilter& filter, const File& file);

}  // namespace tripline::oracle
