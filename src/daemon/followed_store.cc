// SPDX-License-Identifier: Apache-2.0
#include "daemon/followed_store.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "kube/write_pod.h"

namespace tripline {
namespace {

constexpr const char* kPolicies = "/policies";
constexpr const char* kPods = "/pods.json";

LogLine problem(const std::string& why) {
  return {LogLevel::kWarning, "What the API server told an earlier daemon cannot be used", {{"error", why}}};
}

}  // namespace

Result<FollowedStore> FollowedStore::open(const std::string& folder) {
  auto policies = PolicyStore::open(folder + kPolicies);
  if (!policies) return std::unexpected(policies.error());
  return FollowedStore(folder, *std::move(policies));
}

void FollowedStore::remove(const std::string& folder) {
  std::error_code problem;
  std::filesystem::remove_all(folder, problem);
}

FollowedStore::Contents FollowedStore::read() const {
  Contents out;
  if (auto stored = policies_.read()) {
    out.problems = std::move(stored->strangers);
    for (const std::string& broken : stored->broken) out.problems.push_back(problem(broken));
    for (auto& [name, record] : stored->policies) out.policies.emplace_back(name, std::move(record.yaml));
  } else {
    out.problems.push_back(problem(stored.error().text()));
  }
  std::ifstream file(folder_ + kPods);
  if (!file) return out;
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  if (auto pods = kube::read_pods(text))
    out.pods = *std::move(pods);
  else
    out.problems.push_back(problem(pods.error().text()));
  return out;
}

Result<void> FollowedStore::put(const PolicyName& name, const std::string& document) const {
  return policies_.put(name, {.yaml = document, .enabled = true});
}

Result<void> FollowedStore::put_pods(std::span<const Pod> pods) const {
  const std::string path = folder_ + kPods, fresh = path + ".new";
  {
    std::ofstream file(fresh, std::ios::trunc);
    file << kube::pods_text(pods) << std::flush;
    if (!file) return fail("write", fresh, errno);
  }
  if (rename(fresh.c_str(), path.c_str()) != 0) return fail("rename", fresh, errno);
  return {};
}

}  // namespace tripline
