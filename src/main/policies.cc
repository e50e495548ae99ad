// SPDX-License-Identifier: Apache-2.0
#include "main/policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/diagnostics.h"
#include "base/result.h"
#include "base/source.h"
#include "policy/policy.h"

namespace tripline {
namespace {

Result<Source> read_source(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Source source{path, {std::istreambuf_iterator<char>(file), {}}};
  if (!file) return fail("read", path, errno);
  return source;
}

std::shared_ptr<const CheckedPolicy> load_policy(const std::string& path, const Kernel& kernel) {
  const Result<Source> source = read_source(path);
  if (!source) {
    fmt::print(stderr, "tripline: {}\n", source.error().text());
    return nullptr;
  }
  Diagnostics diagnostics;
  std::optional<CheckedPolicy> checked;
  if (const std::optional<Policy> policy = parse(*source, diagnostics))
    checked = check(*policy, kernel, diagnostics);
  diagnostics.sort();
  for (const Diagnostic& diagnostic : diagnostics.all())
    fmt::print(stderr, "{}", render(*source, diagnostic));
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
