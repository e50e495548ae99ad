// SPDX-License-Identifier: Apache-2.0
// A command line, read by the tables of a program (command.h) in the manner of cobra and pflag: which command it is,
// what its flags hold, and the words left over. Nothing is printed.
//
// Note: the command is looked up before any flag is interpreted, so an unknown flag before it consumes the next word
// (`--nosuch status` complains only about the flag).
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "flags/command.h"

namespace tripline::flags {

// One flag of the command, given or not.
struct Setting {
  const Flag* flag = nullptr;
  Value value;
  bool given = false;
};

struct Parsed {
  std::vector<const Command*> path;  // from the root
  std::vector<Setting> settings;     // of all flags that the command knows
  std::vector<std::string> words;    // arguments that are no flags
  std::vector<std::string> notes;    // for standard error: deprecated flags that were given

  [[nodiscard]] const Command& command() const { return *path.back(); }
  // The names below the root: "tracingpolicy add"; "" is the root.
  [[nodiscard]] std::string name() const;

  // Of a flag that the command has and that is of this type.
  [[nodiscard]] bool is(std::string_view name) const;
  [[nodiscard]] int64_t number(std::string_view name) const;
  [[nodiscard]] Duration duration(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& list(std::string_view name) const;
  [[nodiscard]] bool given(std::string_view name) const;

 private:
  [[nodiscard]] const Setting& setting(std::string_view name) const;
};

// --help was given, or the command does nothing by itself.
struct HelpWanted {
  std::vector<const Command*> path;
};

struct Refusal {
  std::vector<const Command*> path;  // of the command that refuses
  std::string message;
  bool names_help =
      false;  // the recorded programs say where help is, but only for an unknown command of the root
};

using Outcome = std::variant<Parsed, HelpWanted, Refusal>;

// `args` without the program's name.
[[nodiscard]] Outcome parse(const Command& root, std::span<const std::string_view> args);

// `invalid argument "x" for "-o, --output" flag: WHY`.
[[nodiscard]] std::string invalid_argument(const Flag& flag, std::string_view text, std::string_view why);

// The command that `words` name, as far as they do: nearest first, by name or alias; the rest are the words left.
struct Found {
  std::vector<const Command*> path;
  std::vector<std::string_view> rest;
};
[[nodiscard]] Found find_command(const Command& root, std::span<const std::string_view> args);

// The flags that the last command of the path knows, the added --help included, sorted by name: its own and those
// that it has from above.
struct KnownFlags {
  std::vector<const Flag*> own;
  std::vector<const Flag*> inherited;
};
[[nodiscard]] KnownFlags known_flags(Path path);

}  // namespace tripline::flags
