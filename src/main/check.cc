// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "main/commands.h"

namespace tripline {

void add_check(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("check", "not built yet");
  command->callback([&status] { status = 1; });
}

}  // namespace tripline
