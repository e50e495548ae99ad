// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "main/commands.h"

namespace tripline {

void add_kernel(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("kernel", "not built yet");
  command->callback([&status] { status = 1; });
}

}  // namespace tripline
