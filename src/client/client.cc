// SPDX-License-Identifier: Apache-2.0
#include "client/client.h"

#include <fmt/format.h>

#include <optional>
#include <variant>

#include "client/exit_status.h"
#include "client/local.h"
#include "client/remote.h"
#include "flags/complete.h"
#include "flags/help.h"
#include "flags/parse.h"

namespace tripline {

int run_client(const flags::Command& root, std::span<const std::string_view> args) {
  if (!args.empty() && (args[0] == flags::kCompleteWord || args[0] == flags::kCompletePlainWord)) {
    fmt::print("{}", flags::complete(root, args.subspan(1), args[0] == flags::kCompleteWord));
    return 0;
  }
  const flags::Outcome outcome = flags::parse(root, args);
  if (const auto* help = std::get_if<flags::HelpWanted>(&outcome)) {
    fmt::print("{}", flags::help_text(help->path));
    return 0;
  }
  if (const auto* refusal = std::get_if<flags::Refusal>(&outcome)) {
    fmt::print(stderr, "{}", flags::refusal_text(*refusal, false));
    return kFailed;
  }
  const auto& parsed = std::get<flags::Parsed>(outcome);
  for (const std::string& note : parsed.notes) fmt::print(stderr, "{}\n", note);
  if (const std::optional<int> status = run_local(parsed)) return *status;
  if (const std::optional<int> status = run_remote(parsed)) return *status;
  fmt::print(stderr, "Error: {} is not supported yet\n", parsed.name());
  return kFailed;
}

}  // namespace tripline
