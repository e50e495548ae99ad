// SPDX-License-Identifier: Apache-2.0
// The client as a program: from its command line to its exit status.
#pragma once

#include <span>
#include <string_view>

#include "flags/command.h"

namespace tripline {

// `args` without the program's name.
[[nodiscard]] int run_client(const flags::Command& root, std::span<const std::string_view> args);

}  // namespace tripline
