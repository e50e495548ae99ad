// SPDX-License-Identifier: Apache-2.0
// The client's commands and flags, as tables: what it parses, helps with and completes.
//
// They come under two names: `tetra`, which has nothing else, and `tripline`, whose own commands are named here too, so
// that help and completion know them. Their flags are read elsewhere.
#pragma once

#include <string_view>

#include "flags/command.h"

namespace tripline {

[[nodiscard]] const flags::Command& tetra_command();
[[nodiscard]] const flags::Command& tripline_command();

// A command of tripline's own, which the client only knows the name of.
[[nodiscard]] bool is_own_command(const flags::Command& command);

}  // namespace tripline
