// SPDX-License-Identifier: Apache-2.0
// The client's commands that need no agent: their output is about this program, this machine or a file.
#pragma once

#include <optional>

#include "flags/parse.h"

namespace tripline {

// Absent when the command is none of these.
[[nodiscard]] std::optional<int> run_local(const flags::Parsed& parsed);

}  // namespace tripline
