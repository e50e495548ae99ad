// SPDX-License-Identifier: Apache-2.0
// `tripline webhook`.
#include "webhook/webhook.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <mutex>

#include "main/commands.h"
#include "main/stop_signal.h"

namespace tripline {

int webhook_command(const flags::Parsed& parsed) {
  const auto options = webhook::read_options(parsed);
  if (!options) {
    fmt::print(stderr, "Error: {}\n", options.error());
    return 1;
  }
  auto stop = std::make_shared<const kube::Stop>();
  stop_by_signal(stop);
  std::mutex lines;
  return webhook::run_webhook(*options, stop, [&lines](const LogLine& line) {
    const std::lock_guard lock(lines);
    fmt::print("{}\n", line.text());
    std::fflush(stdout);
  });
}

}  // namespace tripline
