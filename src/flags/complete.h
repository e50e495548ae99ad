// SPDX-License-Identifier: Apache-2.0
// What a shell offers while a command line is typed. The scripts of shell.h ask the program itself, by its hidden
// command `__complete` (`__completeNoDesc` without descriptions) followed by the words so far, the last one unfinished.
//
// The answer is one candidate a line, a tab and its description behind it, and `:N` at the end. N is 0 when files may
// be offered too, 4 when they may not.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "flags/command.h"

namespace tripline::flags {

inline constexpr std::string_view kCompleteWord = "__complete";
inline constexpr std::string_view kCompletePlainWord = "__completeNoDesc";

[[nodiscard]] std::string complete(const Command& root, std::span<const std::string_view> args,
                                   bool described);

}  // namespace tripline::flags
