// SPDX-License-Identifier: Apache-2.0
#include "flags/man.h"

#include <fmt/format.h>

#include <algorithm>

#include "flags/help.h"
#include "flags/parse.h"

namespace tripline::flags {
namespace {

// Text of a document: what roff would take for its own is protected.
std::string escaped(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool starts_line = at == 0 || text[at - 1] == '\n';
    if (starts_line && (text[at] == '.' || text[at] == '\'')) out += "\\&";
    if (text[at] == '\\')
      out += "\\e";
    else if (text[at] == '-')
      out += "\\-";
    else
      out += text[at];
  }
  return out;
}

// Paragraphs are separated by empty lines in our texts, by .PP in roff.
std::string paragraphs(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find("\n\n", at), text.size());
    if (!out.empty()) out += ".PP\n";
    out += escaped(text.substr(at, end - at)) + "\n";
    at = std::min(end + 2, text.size());
  }
  return out;
}

std::string flag_entry(const Flag& flag, Path path) {
  const FlagWords words = flag_words(flag, path);
  std::string out = ".TP\n";
  if (flag.letter) out += fmt::format("\\fB\\-{}\\fR, ", flag.letter);
  out += "\\fB\\-\\-" + escaped(flag.name) + "\\fR";
  if (!words.value.empty()) out += " \\fI" + escaped(words.value) + "\\fR";
  return out + "\n" + escaped(words.help + default_note(flag)) + "\n";
}

std::string flag_section(std::string_view title, std::span<const Flag* const> flags, Path path) {
  std::string out;
  for (const Flag* flag : flags)
    if (!flag->hidden && flag->deprecated.empty()) out += flag_entry(*flag, path);
  return out.empty() ? out : fmt::format(".SH {}\n{}", title, out);
}

std::string page_name(Path path) {
  std::string name = path_text(path);
  std::ranges::replace(name, ' ', '-');
  return name;
}

void add_pages(std::vector<const Command*>& path, std::string_view section, std::string_view version,
               std::vector<ManualPage>& pages) {
  const Command& command = *path.back();
  const std::string name = page_name(path);
  const KnownFlags known = known_flags(path);
  std::string upper = name;
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });

  std::string text =
      fmt::format(".TH \"{}\" \"{}\" \"\" \"{} {}\"\n", upper, section, path.front()->name(), version);
  text += ".SH NAME\n" + escaped(name) + " \\- " + escaped(command.summary) + "\n.SH SYNOPSIS\n";
  if (command.runs) text += ".B " + escaped(usage_line(path)) + "\n";
  if (command.runs && std::ranges::any_of(command.commands, is_shown)) text += ".br\n";
  if (std::ranges::any_of(command.commands, is_shown))
    text += ".B " + escaped(path_text(path)) + " [command]\n";
  text +=
      ".SH DESCRIPTION\n" + paragraphs(command.description.empty() ? command.summary : command.description);
  if (!command.aliases.empty()) {
    text += ".PP\nAlso:";
    for (const std::string_view alias : command.aliases) text += " \\fB" + escaped(alias) + "\\fR";
    text += "\n";
  }
  std::string commands;
  for (const Command& one : command.commands)
    if (is_shown(one))
      commands += fmt::format(".TP\n\\fB{}\\fR\n{}\n", escaped(one.name()), escaped(one.summary));
  if (!commands.empty()) text += ".SH COMMANDS\n" + commands;
  text += flag_section("OPTIONS", known.own, path) + flag_section("GLOBAL OPTIONS", known.inherited, path);
  if (!command.example.empty()) text += ".SH EXAMPLES\n.nf\n" + escaped(command.example) + "\n.fi\n";
  pages.push_back({name + "." + std::string(section), std::move(text)});

  for (const Command& one : command.commands) {
    if (!is_shown(one)) continue;
    path.push_back(&one);
    add_pages(path, section, version, pages);
    path.pop_back();
  }
}

}  // namespace

std::vector<ManualPage> manual_pages(const Command& root, std::string_view section,
                                     std::string_view version) {
  std::vector<ManualPage> pages;
  std::vector<const Command*> path{&root};
  add_pages(path, section, version, pages);
  return pages;
}

}  // namespace tripline::flags
