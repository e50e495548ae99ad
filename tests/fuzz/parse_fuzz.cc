// SPDX-License-Identifier: Apache-2.0
// Any bytes are a policy document: parse must answer, what parses must print to a text that parses to the same, and
// check must answer too. Every diagnostic must render.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/input.h"
#include "policy/checked.h"
#include "policy/policy.h"
#include "policy/tiny_kernel.h"

namespace {

using namespace tripline;
using fuzz::require;

void render_all(const Source& source, Diagnostics& diagnostics) {
  diagnostics.sort();
  for (const Diagnostic& diagnostic : diagnostics.all()) require(!render(source, diagnostic).empty());
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Kernel kKernel = tiny_kernel();
  const Source source{"input", std::string(reinterpret_cast<const char*>(data), size)};
  Diagnostics diagnostics;
  const std::optional<Policy> policy = parse(source, diagnostics);
  require(policy.has_value() != diagnostics.has_errors());
  if (policy) {
    Diagnostics none;
    const std::string text = print(*policy);
    const std::optional<Policy> again = parse({"printed", text}, none);
    require(again.has_value() && *again == *policy && print(*again) == text);
    const size_t errors_before = diagnostics.errors();
    const std::optional<CheckedPolicy> checked = check(*policy, kKernel, diagnostics);
    require(checked.has_value() == (diagnostics.errors() == errors_before));
  }
  render_all(source, diagnostics);
  return 0;
}
