// SPDX-License-Identifier: Apache-2.0
#include "flags/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/go_text.h"
#include "flags/standard.h"

namespace tripline::flags {
namespace {

constexpr size_t kLeastNameWidth = 11;

bool is_listed(const Flag& flag) { return !flag.hidden && flag.deprecated.empty(); }

bool any_listed(std::span<const Flag* const> flags) {
  return std::ranges::any_of(flags, [](const Flag* flag) { return is_listed(*flag); });
}

std::string trimmed(std::string_view text) {
  return std::string(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
}

bool shows_commands(const Command& command) { return std::ranges::any_of(command.commands, is_shown); }

std::string commands_text(const Command& command) {
  std::vector<const Command*> commands;
  size_t width = kLeastNameWidth;
  for (const Command& one : command.commands) {
    width = std::max(width, one.name().size());
    if (is_shown(one)) commands.push_back(&one);
  }
  std::ranges::sort(commands, {}, [](const Command* one) { return one->name(); });
  std::string out;
  for (const Command* one : commands) out += fmt::format("\n  {:<{}} {}", one->name(), width, one->summary);
  return out;
}

}  // namespace

std::string usage_line(Path path) {
  std::string line = path_text(path.first(path.size() - 1));
  if (!line.empty()) line += ' ';
  line += path.back()->usage;
  const KnownFlags known = known_flags(path);
  if ((any_listed(known.own) || any_listed(known.inherited)) && !line.contains("[flags]")) line += " [flags]";
  return line;
}

bool is_shown(const Command& command) { return !command.hidden && (command.runs || shows_commands(command)); }

std::string flag_help(const Flag& flag, Path path) {
  return &flag == &kHelpFlag ? "help for " + std::string(path.back()->name()) : std::string(flag.help);
}

FlagWords flag_words(const Flag& flag, Path path) {
  const std::string help = flag_help(flag, path);
  const size_t open = help.find('`');
  const size_t close = open == std::string::npos ? open : help.find('`', open + 1);
  if (close == std::string::npos) return {std::string(type_name(flag.type)), help};
  const std::string word = help.substr(open + 1, close - open - 1);
  return {word, help.substr(0, open) + word + help.substr(close + 1)};
}

std::string default_note(const Flag& flag) {
  const std::string text = value_text(default_value(flag));
  const bool silent = text.empty() || (flag.type != Type::kString &&
                                       (text == "false" || text == "0" || text == "0s" || text == "[]"));
  if (silent) return {};
  return fmt::format(" (default {})", flag.type == Type::kString ? go_quoted(text) : text);
}

std::string flags_text(std::span<const Flag* const> flags, Path path) {
  std::vector<std::pair<std::string, std::string>> lines;
  size_t width = 0;
  for (const Flag* flag : flags) {
    if (!is_listed(*flag)) continue;
    const FlagWords words = flag_words(*flag, path);
    std::string left = flag->letter ? fmt::format("  -{}, --{}", flag->letter, flag->name)
                                    : fmt::format("      --{}", flag->name);
    if (!words.value.empty()) left += " " + words.value;
    width = std::max(width, left.size());
    lines.emplace_back(std::move(left), words.help + default_note(*flag));
  }
  std::string out;
  for (const auto& [left, right] : lines) {
    out += fmt::format("{:<{}}   ", left, width);
    for (const char c : right) {
      out += c;
      if (c == '\n') out.append(width + 3, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string usage_text(Path path) {
  const Command& command = *path.back();
  const KnownFlags known = known_flags(path);
  std::string out = "Usage:";
  if (command.runs) out += "\n  " + usage_line(path);
  if (shows_commands(command)) out += "\n  " + path_text(path) + " [command]";
  if (!command.aliases.empty()) {
    out += "\n\nAliases:\n  " + std::string(command.name());
    for (const std::string_view alias : command.aliases) out += ", " + std::string(alias);
  }
  if (!command.example.empty()) out += "\n\nExamples:\n" + std::string(command.example);
  if (shows_commands(command)) out += "\n\nAvailable Commands:" + commands_text(command);
  if (any_listed(known.own)) out += "\n\nFlags:\n" + trimmed(flags_text(known.own, path));
  if (any_listed(known.inherited)) out += "\n\nGlobal Flags:\n" + trimmed(flags_text(known.inherited, path));
  if (shows_commands(command)) {
    out += "\n\nUse \"" + path_text(path) + " [command] --help\" for more information about a command.";
  }
  return out + "\n";
}

std::string help_text(Path path) {
  const Command& command = *path.back();
  const std::string text = trimmed(command.description.empty() ? command.summary : command.description);
  return (text.empty() ? text : text + "\n\n") + usage_text(path);
}

std::string refusal_text(const Refusal& refusal, bool shows_usage) {
  std::string out = "Error: " + refusal.message + "\n";
  if (refusal.names_help)
    out += "Run '" + path_text(refusal.path) + " --help' for usage.\n";
  else if (shows_usage)
    out += usage_text(refusal.path) + "\n";
  return out;
}

}  // namespace tripline::flags
