// SPDX-License-Identifier: Apache-2.0
// Help, usage and refusals as text, laid out as cobra does.
#pragma once

#include <string>

#include "flags/command.h"
#include "flags/parse.h"

namespace tripline::flags {

// "tetra tracingpolicy add <yaml_file> [flags]".
[[nodiscard]] std::string usage_line(Path path);

// What --help prints.
[[nodiscard]] std::string help_text(Path path);

// From `Usage:` on.
[[nodiscard]] std::string usage_text(Path path);

// One line for each flag that is shown, the texts below each other.
[[nodiscard]] std::string flags_text(std::span<const Flag* const> flags, Path path);

// What is to be said of a command: its place in the list of the one above it is not hidden, and it or one below it does
// something.
[[nodiscard]] bool is_shown(const Command& command);

// Its own text; that of the added --help names the command.
[[nodiscard]] std::string flag_help(const Flag& flag, Path path);

// The word that stands for the value, and the help without its back quotes.
struct FlagWords {
  std::string value;
  std::string help;
};
[[nodiscard]] FlagWords flag_words(const Flag& flag, Path path);

// ` (default 30s)`, or "" when it goes without saying.
[[nodiscard]] std::string default_note(const Flag& flag);

// For standard error: `Error: ...`, and the usage behind it where the program shows it.
[[nodiscard]] std::string refusal_text(const Refusal& refusal, bool shows_usage);

}  // namespace tripline::flags
