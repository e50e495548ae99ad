// SPDX-License-Identifier: Apache-2.0
// What is called `tetragon-oci-hook` and `tetragon-oci-hook-setup`: the hook of container runtimes, and its installation.
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "client/runtime_hook.h"
#include "flags/help.h"
#include "flags/parse.h"
#include "main/commands.h"
#include "oci/hook.h"
#include "oci/log_file.h"
#include "oci/settings.h"
#include "oci/setup.h"

namespace tripline {
namespace {

constexpr int kUsage = 1;

int failed(const std::string& why) {
  fmt::print(stderr, "Error: {}\n", why);
  return kUsage;
}

// The parsed command line; absent when there was only help or a refusal to print, with the status then.
struct Read {
  std::optional<flags::Parsed> parsed;
  int status = 0;
};
Read read(const flags::Command& command, std::span<const std::string_view> args) {
  flags::Outcome outcome = flags::parse(command, args);
  if (const auto* help = std::get_if<flags::HelpWanted>(&outcome)) {
    fmt::print("{}", flags::help_text(help->path));
    return {};
  }
  if (const auto* refusal = std::get_if<flags::Refusal>(&outcome)) {
    fmt::print(stderr, "{}", flags::refusal_text(*refusal, true));
    return {{}, kUsage};
  }
  return {std::get<flags::Parsed>(std::move(outcome)), 0};
}

// Until a signal asks us to end.
void wait_for_end() {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int each : {SIGINT, SIGTERM}) sigaddset(&taken, each);
  sigprocmask(SIG_BLOCK, &taken, nullptr);
  int number = 0;
  sigwait(&taken, &number);
}

}  // namespace

int oci_hook_command(std::span<const std::string_view> args) {
  const Read line = read(oci::hook_command(), args);
  if (!line.parsed) return line.status;
  std::error_code problem;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", problem);
  const auto settings = oci::read_settings(*line.parsed, program);
  if (!settings) return failed(settings.error());
  if (settings->only_prints) {
    fmt::print("{}\n", oci::settings_text(*settings));
    return 0;
  }
  if (settings->stage.empty()) return failed("the stage is missing");
  const oci::LogFile log(settings->log_file, settings->log_level);
  const oci::Agent agent{.tell =
                             [&](const ContainerNotice& notice) {
                               return tell_of_container(notice, settings->address, settings->timeout);
                             },
                         .version = [&] { return version_of_agent(settings->address, settings->timeout); }};
  const oci::Ended ended = oci::run_hook(*settings, std::filesystem::current_path(problem), agent,
                                         [&log](const LogLine& each) { log.write(each); });
  if (!ended.complaint.empty()) fmt::print(stderr, "{}\n", ended.complaint);
  return ended.status;
}

int oci_hook_setup_command(std::span<const std::string_view> args) {
  const Read line = read(oci::setup_command(), args);
  if (!line.parsed) return line.status;
  const flags::Parsed& parsed = *line.parsed;
  const oci::Setup setup{.program = parsed.text("local-binary"),
                         .local_folder = parsed.text("local-install-dir"),
                         .host_folder = parsed.text("host-install-dir"),
                         .hooks_folder = parsed.text("oci-hooks.local-dir"),
                         .arguments = parsed.words};
  if (parsed.name() == "print-config") {
    fmt::print("{}", oci::hook_document(setup));
    return 0;
  }
  const Result<void> done = parsed.name() == "install" ? oci::install(setup) : oci::uninstall(setup);
  if (!done) return failed(done.error().text());
  if (parsed.name() != "install" || !parsed.is("daemonize")) return 0;
  fmt::print("The hook is installed in {}.\n", setup.hooks_folder);
  std::fflush(stdout);
  wait_for_end();
  const Result<void> removed = oci::uninstall(setup);
  return removed ? 0 : failed(removed.error().text());
}

}  // namespace tripline
