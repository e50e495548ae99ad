// SPDX-License-Identifier: Apache-2.0
// The daemon's command line: one flag for each key.
#pragma once

#include "flags/command.h"

namespace tripline::config {

// Under its old name it has exactly the flags that it always had.
[[nodiscard]] const flags::Command& tetragon_command();

// `tripline agent`: --check-config besides.
[[nodiscard]] const flags::Command& agent_command();

}  // namespace tripline::config
