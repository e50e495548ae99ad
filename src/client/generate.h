// SPDX-License-Identifier: Apache-2.0
// Policies to begin with: `tracingpolicy generate`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tripline::client {

// `what`: empty, all-syscalls, all-syscalls-list, ftrace-list; absent for another one. `binary` limits the policy to a
// program, `regex` says which functions an ftrace-list has; both may be empty.
[[nodiscard]] std::optional<std::string> generated_policy(std::string_view what, const std::string& binary,
                                                          const std::string& regex);

}  // namespace tripline::client
