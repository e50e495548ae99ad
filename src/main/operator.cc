// SPDX-License-Identifier: Apache-2.0
// `tripline operator`, and what is called `tetragon-operator`.
#include "operator/operator.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "flags/help.h"
#include "flags/parse.h"
#include "main/commands.h"
#include "main/stop_signal.h"

namespace tripline {
namespace {

constexpr int kUsage = 1;

}  // namespace

int operator_command(std::span<const std::string_view> args, bool own_name) {
  const flags::Outcome outcome =
      flags::parse(own_name ? op::operator_command() : op::tetragon_operator_command(), args);
  if (const auto* help = std::get_if<flags::HelpWanted>(&outcome)) {
    fmt::print("{}", flags::help_text(help->path));
    return 0;
  }
  if (const auto* refusal = std::get_if<flags::Refusal>(&outcome)) {
    fmt::print(stderr, "{}", flags::refusal_text(*refusal, true));
    return kUsage;
  }
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  const auto options = op::read_options(std::get<flags::Parsed>(outcome), environment);
  if (!options) {
    fmt::print(stderr, "Error: {}\n", options.error());
    return kUsage;
  }
  auto stop = std::make_shared<const kube::Stop>();
  stop_by_signal(stop);
  std::mutex lines;
  return op::run_operator(*options, stop, [&lines](const LogLine& line) {
    const std::lock_guard lock(lines);
    fmt::print("{}\n", line.text());
    std::fflush(stdout);
  });
}

}  // namespace tripline
