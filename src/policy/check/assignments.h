// SPDX-License-Identifier: Apache-2.0
// Override of uprobes: what the registers of the process become. Private to the policy room.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "policy/check/check.h"

namespace tripline::policy {

// `moved`: how far the code that argNewSymbol, argNewAddr or argNewOffset names is from the place that is hooked; absent
// when none is named. Reports what is wrong.
[[nodiscard]] std::vector<Assignment> check_assignments(const Checking& checking, const Action& action,
                                                        std::optional<int64_t> moved);

}  // namespace tripline::policy
