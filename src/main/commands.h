// SPDX-License-Identifier: Apache-2.0
// The sub-commands of the one binary, a file each. add_NAME registers flags and help; when the command is given, its
// exit status is stored in `status`.
#pragma once

namespace CLI {
class App;
}

namespace tripline {

void add_check(CLI::App& app, int& status);
void add_compile(CLI::App& app, int& status);
void add_explain(CLI::App& app, int& status);
void add_kernel(CLI::App& app, int& status);
void add_run(CLI::App& app, int& status);

}  // namespace tripline
