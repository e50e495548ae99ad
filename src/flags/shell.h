// SPDX-License-Identifier: Apache-2.0
// Shell completion scripts. They contain no command names: they ask the program (complete.h), so that they never
// become outdated.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tripline::flags {

// Of "bash", "zsh", "fish" or "powershell"; absent for another one.
[[nodiscard]] std::optional<std::string> completion_script(std::string_view shell, std::string_view program,
                                                           bool described);

}  // namespace tripline::flags
