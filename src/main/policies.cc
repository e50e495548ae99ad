// SPDX-License-Identifier: Apache-2.0
#include "main/policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/diagnostics.h"
#include "base/result.h"
#include "base/source.h"
#include "main/input.h"
#include "policy/policy.h"

namespace tripline {
namespace {

std::shared_ptr<const CheckedPolicy> load_policy(const std::string& path, const Kernel& kernel) {
  // One byte more than a document may have: enough for parse to say so, whatever the size of the file.
  Result<std::string> text = read_file(path, kLargestDocument + 1);
  if (!text) {
    fmt::print(stderr, "tripline: {}\n", text.error().text());
    return nullptr;
  }
  const Source source{path, std::move(*text)};
  Diagnostics diagnostics;
  std::optional<CheckedPolicy> checked;
  if (const std::optional<Policy> policy = parse(source, diagnostics))
    checked = check(*policy, kernel, diagnostics);
  diagnostics.sort();
  for (const Diagnostic& diagnostic : diagnostics.all()) fmt::print(stderr, "{}", render(source, diagnostic));
  if (!checked || diagnostics.has_errors()) return nullptr;
  return std::make_shared<const CheckedPolicy>(std::move(*checked));
}

}  // namespace

std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> load_policies(
    const std::vector<std::string>& paths, const Kernel& kernel) {
  std::vector<std::shared_ptr<const CheckedPolicy>> policies;
  for (const std::string& path : paths) policies.push_back(load_policy(path, kernel));
  if (std::ranges::find(policies, nullptr) != policies.end()) return {};
  return policies;
}

}  // namespace tripline
