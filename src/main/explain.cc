// SPDX-License-Identifier: Apache-2.0
// `tripline explain`: what a policy becomes, hook by hook.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "compile/compile.h"
#include "main/commands.h"
#include "main/input.h"
#include "main/policies.h"

namespace tripline {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::string kernel;
};

int explain_policies(const Arguments& arguments) {
  const Result<Kernel> kernel = load_kernel(arguments.kernel);
  if (!kernel) {
    fmt::print(stderr, "tripline: {}\n", kernel.error().text());
    return 1;
  }
  const auto policies = load_policies(arguments.files, *kernel, {.parents_map = true});
  if (!policies) return 1;
  fmt::print("kernel {}\n", kernel->release);
  for (const HookPlan& plan : plan_hooks(*policies)) {
    const Result<std::string> text = explain(plan, *kernel);
    if (!text) {
      fmt::print(stderr, "tripline: {}\n", text.error().text());
      return 1;
    }
    fmt::print("\n{}", *text);
  }
  return 0;
}

}  // namespace

void add_explain(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("explain", "Show what policies become: attachment, checks, instructions");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("FILE", arguments->files, "Policies; those on one hook are explained together")
      ->required();
  command->add_option("--kernel", arguments->kernel, "A saved kernel (default: the running one)");
  command->callback([&status, arguments] { status = explain_policies(*arguments); });
}

}  // namespace tripline
