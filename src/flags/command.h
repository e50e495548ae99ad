// SPDX-License-Identifier: Apache-2.0
// The commands and flags of a program, as tables. Parsing, help, completion and man pages are all made from them.
//
// Tables are constants of static storage; everything here only refers to them. A command's flags have distinct names
// and letters; its own flag hides one with the same name of a command above it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "flags/value.h"

namespace tripline::flags {

struct Flag {
  std::string_view name;
  char letter = 0;
  Type type = Type::kString;
  std::string_view fallback;  // the default, as text of the type; "" is false, 0, the empty list
  std::string_view help;      // a word in `back quotes` stands for the value in the usage line
  std::span<const std::string_view> choices = {};
  std::string_view also = {};  // another name, not shown
  bool hidden = false;
  bool required = false;
  std::string_view deprecated = {};  // what to use instead; such a flag is not shown
};

// How many arguments a command takes that are no flags.
struct Arguments {
  enum class Rule {
    kAny,    // of the root with commands: none, and the message names the nearest commands
    kNone,   // another word is an unknown command
    kCount,  // exactly `count`
    kAtLeast,
    kAtMost,
  };
  Rule rule = Rule::kAny;
  size_t count = 0;
  std::string_view refusal = {};  // the message instead of the usual one
};

struct Command {
  std::string_view usage;  // its name, then its arguments: "add <yaml_file>"
  std::string_view summary;
  std::string_view description = {};  // "": the summary
  std::string_view example = {};
  std::span<const std::string_view> aliases = {};
  std::span<const Flag> flags = {};
  std::span<const Flag> shared = {};  // flags of this command and all below it
  std::span<const Command> commands = {};
  Arguments arguments = {};
  bool runs = true;  // does something by itself; otherwise it prints its help
  bool hidden = false;

  [[nodiscard]] constexpr std::string_view name() const { return usage.substr(0, usage.find(' ')); }
};

// From the root down to a command.
using Path = std::span<const Command* const>;

// "tetra tracingpolicy add".
[[nodiscard]] std::string path_text(Path path);

// The default as a value of the flag's type.
[[nodiscard]] Value default_value(const Flag& flag);

}  // namespace tripline::flags
