// SPDX-License-Identifier: Apache-2.0
// The client's commands that query an agent. Each prints the result and returns the exit status.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "client/channel.h"
#include "flags/parse.h"

namespace tripline {

// Absent when the command is none of these.
[[nodiscard]] std::optional<int> run_remote(const flags::Parsed& parsed);

[[nodiscard]] ChannelOptions channel_options(const flags::Parsed& parsed);

[[nodiscard]] std::expected<std::string, std::string> server_version(const flags::Parsed& parsed);

}  // namespace tripline
