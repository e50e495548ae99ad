// SPDX-License-Identifier: Apache-2.0
#include "config/docs.h"

#include <fmt/format.h>

#include "config/daemon.h"
#include "config/keys.h"
#include "flags/help.h"
#include "flags/standard.h"

namespace tripline::config {
namespace {

// In single quotes, where nothing but the quote itself means anything.
std::string scalar(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string flag_docs() {
  const flags::Command* path[] = {&tetragon_command()};
  std::string out = "options:\n";
  for (const flags::Flag* flag : flags::known_flags(path).own) {
    if (flag->hidden) continue;
    out += fmt::format("    - name: {}\n", flag->name);
    if (flag->letter) out += fmt::format("      shorthand: {}\n", flag->letter);
    const std::string fallback = flags::value_text(flags::default_value(*flag));
    if (!fallback.empty()) out += fmt::format("      default_value: {}\n", scalar(fallback));
    out += fmt::format("      usage: {}\n", scalar(flags::flag_words(*flag, path).help));
  }
  return out;
}

}  // namespace tripline::config
