// SPDX-License-Identifier: Apache-2.0
// Which operator of matchArgs can be used on an argument of which declared type, as a table.
#pragma once

#include <string>

#include "policy/words.h"

namespace tripline::policy {

enum class Use {
  kWorks,
  kNever,   // accepted, and no value ever matches
  kAlways,  // accepted, and every value matches
  kRefused,
};

[[nodiscard]] Use use_of(Operator op, DeclaredType type);

// "Equal, NotEqual, ...": the operators that work on `type`.
[[nodiscard]] std::string operators_for(DeclaredType type);

}  // namespace tripline::policy
