// SPDX-License-Identifier: Apache-2.0
#include "pods/workload.h"

#include <algorithm>
#include <string_view>

namespace tripline {
namespace {

std::string_view label_of(const Pod& pod, const std::string& key) {
  const auto found = pod.labels.find(key);
  return found == pod.labels.end() ? std::string_view() : found->second;
}

// The name of a Job that a CronJob made, without the time that it ends in; all of it for any other.
std::string_view without_time(std::string_view job) {
  constexpr size_t kFewest = 8, kMost = 10;
  const size_t dash = job.rfind('-');
  if (dash == job.npos || dash == 0) return job;
  const std::string_view time = job.substr(dash + 1);
  const bool is_time = time.size() >= kFewest && time.size() <= kMost &&
                       std::ranges::all_of(time, [](char c) { return c >= '0' && c <= '9'; });
  return is_time ? job.substr(0, dash) : job;
}

}  // namespace

Workload workload_of(const Pod& pod) {
  // Pods that something makes again and again have generated names; a static pod has an owner, its node, and a name.
  if (pod.generate_name.empty() || !pod.controller) return {pod.name, "Pod"};
  const Owner& owner = *pod.controller;
  const std::string_view name = owner.name;
  if (owner.kind == "ReplicaSet") {
    const std::string_view hash = label_of(pod, "pod-template-hash");
    if (!hash.empty() && name.ends_with(hash) && name.size() > hash.size() + 1 &&
        name[name.size() - hash.size() - 1] == '-')
      return {std::string(name.substr(0, name.size() - hash.size() - 1)), "Deployment"};
  }
  if (owner.kind == "ReplicationController") {
    const std::string_view config = label_of(pod, "deploymentconfig");
    if (!config.empty()) return {std::string(config), "DeploymentConfig"};
  }
  if (owner.kind == "Job") {
    const std::string_view cron_job = without_time(name);
    if (cron_job.size() < name.size()) return {std::string(cron_job), "CronJob"};
  }
  return {owner.name, owner.kind};
}

}  // namespace tripline
