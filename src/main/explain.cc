// SPDX-License-Identifier: Apache-2.0
// `tripline explain`: what a policy becomes, hook by hook.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "compile/compile.h"
#include "main/commands.h"
#include "main/input.h"
#include "main/policies.h"

namespace tripline {
int explain_command(const ExplainFlags& flags) {
  const Result<Kernel> kernel = load_kernel(flags.kernel);
  if (!kernel) {
    fmt::print(stderr, "tripline: {}\n", kernel.error().text());
    return 1;
  }
  const auto policies =
      load_policies(flags.files, *kernel, {.check = {.parents_map = true}, .root = flags.root, .lint = true});
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

}  // namespace tripline
