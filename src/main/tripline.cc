// SPDX-License-Identifier: Apache-2.0
// The one binary: registers the sub-commands and runs the one that was asked for.
#include <CLI/CLI.hpp>

#include "main/commands.h"

int main(int argc, char** argv) {
  CLI::App app("Tripline compiles TracingPolicy documents into eBPF and runs them.", "tripline");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every sub-command");
  int status = 0;
  tripline::add_check(app, status);
  tripline::add_compile(app, status);
  tripline::add_explain(app, status);
  tripline::add_kernel(app, status);
  tripline::add_run(app, status);
  CLI11_PARSE(app, argc, argv);
  return status;
}
