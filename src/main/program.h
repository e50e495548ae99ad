// SPDX-License-Identifier: Apache-2.0
// The command line of `tripline` as one table, from which it is read, helped with, completed and described in manual
// pages: its own commands, the daemon's and the client's.
#pragma once

#include "flags/command.h"

namespace tripline {

[[nodiscard]] const flags::Command& program();

// `tripline explain FILE...`; of anything but files the client's `explain` says what it is.
[[nodiscard]] const flags::Command& explain_files();

}  // namespace tripline
