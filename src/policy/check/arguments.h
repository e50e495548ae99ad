// SPDX-License-Identifier: Apache-2.0
// The values that a hook reads: args, data and what is returned. Private to the policy room.
#pragma once

#include <optional>
#include <vector>

#include "policy/check/check.h"
#include "policy/check/types.h"

namespace tripline::policy {

// Of a hook on a function whose parameters are known, or absent because that was wrong.
[[nodiscard]] std::vector<CheckedArg> check_args(const Checking& checking, const FunctionHook& hook,
                                                 HookKind kind, const std::optional<Btf::Function>& function);

// Appends the elements of `data`.
void check_data(const Checking& checking, const std::vector<Argument>& data, std::vector<CheckedArg>& out);

// returnArg. Absent when the hook does not ask for it.
[[nodiscard]] std::optional<CheckedArg> check_result(const Checking& checking, const FunctionHook& hook,
                                                     const std::optional<Btf::Function>& function);
// returnArgAction.
[[nodiscard]] SockTracking check_tracking(const Checking& checking, const FunctionHook& hook,
                                          const std::optional<CheckedArg>& result);

// Null when the type cannot be read; that is reported.
[[nodiscard]] const TypeInfo* check_type(const Checking& checking, const Argument& argument);
// Where nothing can tell the length of what an argument points to.
void warn_of_no_length(const Checking& checking, const Argument& argument);
// maxData: does it mean anything for this argument? A warning when it is set and does not.
[[nodiscard]] bool has_max_data(const Argument& argument);
void check_max_data(const Checking& checking, const Argument& argument);

}  // namespace tripline::policy
