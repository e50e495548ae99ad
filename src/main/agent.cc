// SPDX-License-Identifier: Apache-2.0
// `tripline agent`, and what is called `tetragon`: the daemon.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/check.h"
#include "config/daemon.h"
#include "config/docs.h"
#include "config/load.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "flags/help.h"
#include "flags/parse.h"
#include "main/commands.h"

namespace tripline {
namespace {

constexpr int kUsage = 1;

config::Surroundings surroundings() {
  config::Surroundings here;
  std::error_code problem;
  here.folder = std::filesystem::current_path(problem).string();
  for (char** variable = environ; *variable != nullptr; ++variable) here.environment.emplace_back(*variable);
  return here;
}

int run(const flags::Parsed& parsed, bool only_checks) {
  const auto loaded = config::load(parsed, surroundings());
  if (!loaded) {
    fmt::print("{}\n", loaded.error().text());
    return config::kStartRefused;
  }
  if (only_checks) {
    fmt::print("{}", config::check_config(*loaded));
    return 0;
  }
  if (loaded->settings.generate_docs.value) {
    fmt::print("{}", config::flag_docs());
    return 0;
  }
  const auto log = Log::open({.level = loaded->meaning.log_level,
                              .json = loaded->meaning.log_json,
                              .file = loaded->settings.log_file.value});
  if (!log) {
    fmt::print("{}\n", log.error().text());
    return config::kStartRefused;
  }
  for (const LogLine& warning : loaded->warnings) log->write(warning);
  return run_daemon(*loaded, *log);
}

}  // namespace

int agent_command(std::span<const std::string_view> args, bool own_name) {
  const flags::Command& command = own_name ? config::agent_command() : config::tetragon_command();
  const flags::Outcome outcome = flags::parse(command, args);
  if (const auto* help = std::get_if<flags::HelpWanted>(&outcome)) {
    fmt::print("{}", flags::help_text(help->path));
    return 0;
  }
  if (const auto* refusal = std::get_if<flags::Refusal>(&outcome)) {
    fmt::print(stderr, "{}", flags::refusal_text(*refusal, true));
    return kUsage;
  }
  const auto& parsed = std::get<flags::Parsed>(outcome);
  for (const std::string& note : parsed.notes) fmt::print(stderr, "{}\n", note);
  return run(parsed, own_name && parsed.is("check-config"));
}

}  // namespace tripline
