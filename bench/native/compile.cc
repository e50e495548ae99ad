// SPDX-License-Identifier: Apache-2.0
// What it costs from the text of policies to programs: `bench_compile KERNEL FILE...`, where all files are one set of
// policies. Only measured() is counted, by whoever runs it (native.py). Ends with 1, and what is wrong on standard error,
// when a policy is refused.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "compile/compile.h"
#include "policy/policy.h"

using namespace tripline;

namespace {

std::shared_ptr<const CheckedPolicy> checked(const Source& source, const Kernel& kernel) {
  Diagnostics diagnostics;
  const auto parsed = parse(source, diagnostics);
  auto policy = parsed ? check(*parsed, kernel, diagnostics) : std::nullopt;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    std::fputs(render(source, diagnostic).c_str(), stderr);
  }
  return policy ? std::make_shared<const CheckedPolicy>(std::move(*policy)) : nullptr;
}

// Number of programs; 0 when something was refused.
size_t compile_all(const std::vector<Source>& sources, const Kernel& kernel) {
  std::vector<std::shared_ptr<const CheckedPolicy>> policies;
  for (const Source& source : sources) policies.push_back(checked(source, kernel));
  if (std::ranges::find(policies, nullptr) != policies.end()) return 0;
  const std::vector<HookPlan> plans = plan_hooks(policies);
  for (const HookPlan& plan : plans) {
    const Result<Object> object = compile(plan, kernel, {});
    if (object) continue;
    std::fprintf(stderr, "%s\n", object.error().text().c_str());
    return 0;
  }
  return plans.size();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): known by that name
extern "C" [[gnu::noinline]] bool measured(const std::vector<Source>& sources, const Kernel& kernel) {
  return compile_all(sources, kernel) > 0;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const Result<Kernel> kernel = read_kernel_file(argv[1]);
  if (!kernel) {
    std::fprintf(stderr, "%s\n", kernel.error().text().c_str());
    return 1;
  }
  std::vector<Source> sources;
  for (int i = 2; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    sources.push_back({argv[i], {std::istreambuf_iterator<char>(file), {}}});
  }
  return measured(sources, *kernel) ? 0 : 1;
}
