// SPDX-License-Identifier: Apache-2.0
// The client's commands and flags, hidden ones included, as a table (flags/command.h).
#pragma once

#include "flags/command.h"

namespace tripline::client {

// The whole program, under the name `tetra`.
[[nodiscard]] const flags::Command& tetra_command();

}  // namespace tripline::client
