// SPDX-License-Identifier: Apache-2.0
// `tripline agent`, also called by its old name `tetragon`: its command line and configuration.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "config/check.h"
#include "config/daemon.h"
#include "config/docs.h"
#include "config/load.h"
#include "flags/help.h"
#include "flags/parse.h"
#include "main/commands.h"

namespace tripline {
namespace {

config::Surroundings surroundings() {
  config::Surroundings here;
  std::error_code failed;
  here.folder = std::filesystem::current_path(failed).string();
  for (char** variable = environ; *variable; ++variable) here.environment.emplace_back(*variable);
  return here;
}

}  // namespace

int agent_command(int argc, char** argv, bool as_tetragon) {
  const flags::Command& command = as_tetragon ? config::tetragon_command() : config::agent_command();
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const flags::Outcome outcome = flags::parse(command, words);
  if (const auto* wanted = std::get_if<flags::HelpWanted>(&outcome)) {
    fmt::print("{}", flags::help_text(wanted->path));
    return 0;
  }
  if (const auto* refusal = std::get_if<flags::Refusal>(&outcome)) {
    fmt::print(stderr, "{}", flags::refusal_text(*refusal, true));
    return 1;
  }
  const auto& parsed = std::get<flags::Parsed>(outcome);
  if (parsed.is("generate-docs")) {
    fmt::print("{}", config::flag_docs());
    return 0;
  }
  const auto config = config::load(parsed, surroundings());
  if (!config) {
    fmt::print("{}\n", config.error().text());
    return config::kStartRefused;
  }
  if (!as_tetragon && parsed.is("check-config")) {
    fmt::print("{}", config::check_config(*config));
    return 0;
  }
  for (const LogLine& warning : config->warnings) fmt::print("{}\n", warning.text());
  fmt::print("{}\n",
             LogLine{LogLevel::kError, "The daemon cannot run yet: only its configuration is read"}.text());
  return config::kStartRefused;
}

}  // namespace tripline
