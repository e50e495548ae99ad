// SPDX-License-Identifier: Apache-2.0
// Scripts that complete a program's command lines in a shell. They know nothing of the commands: they ask the program
// (complete.h), so that a script need not be renewed with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tripline::flags {

// Of "bash", "zsh", "fish" or "powershell"; absent for another one.
[[nodiscard]] std::optional<std::string> completion_script(std::string_view shell, std::string_view program,
                                                           bool described);

}  // namespace tripline::flags
