// SPDX-License-Identifier: Apache-2.0
// The flag that every command has, and the two commands that every program with commands has: `help` and `completion`.
#pragma once

#include <array>

#include "flags/command.h"

namespace tripline::flags {

// Its help text is made for each command: "help for NAME".
inline constexpr Flag kHelpFlag{.name = "help", .letter = 'h', .type = Type::kBool};

inline constexpr Command kHelpCommand{
    .usage = "help [command]",
    .summary = "Help about any command",
    .description = "Prints the help of a command: give its name as on the command line."};

inline constexpr Flag kNoDescriptions[] = {
    {.name = "no-descriptions", .type = Type::kBool, .help = "disable completion descriptions"}};

inline constexpr Command kShells[] = {
    {.usage = "bash",
     .summary = "Generate the autocompletion script for bash",
     .description =
         "Prints a script that completes command lines in bash. It needs the package bash-completion.\n\n"
         "For this shell: source <(NAME completion bash)\n"
         "For every new one: save it as /etc/bash_completion.d/NAME",
     .flags = kNoDescriptions,
     .arguments = {.rule = Arguments::Rule::kNone}},
    {.usage = "fish",
     .summary = "Generate the autocompletion script for fish",
     .description = "Prints a script that completes command lines in fish.\n\n"
                    "For this shell: NAME completion fish | source\n"
                    "For every new one: save it as ~/.config/fish/completions/NAME.fish",
     .flags = kNoDescriptions,
     .arguments = {.rule = Arguments::Rule::kNone}},
    {.usage = "powershell",
     .summary = "Generate the autocompletion script for powershell",
     .description = "Prints a script that completes command lines in PowerShell.\n\n"
                    "For this shell: NAME completion powershell | Out-String | Invoke-Expression",
     .flags = kNoDescriptions,
     .arguments = {.rule = Arguments::Rule::kNone}},
    {.usage = "zsh",
     .summary = "Generate the autocompletion script for zsh",
     .description = "Prints a script that completes command lines in zsh, where compinit must be on.\n\n"
                    "For this shell: source <(NAME completion zsh)\n"
                    "For every new one: save it as _NAME in a folder of $fpath",
     .flags = kNoDescriptions,
     .arguments = {.rule = Arguments::Rule::kNone}},
};

inline constexpr Command kCompletionCommand{
    .usage = "completion",
    .summary = "Generate the autocompletion script for the specified shell",
    .description = "Prints a completion script. The help of each shell's command says where to install it.",
    .commands = kShells,
    .runs = false};

}  // namespace tripline::flags
