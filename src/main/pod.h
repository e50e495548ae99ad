// SPDX-License-Identifier: Apache-2.0
// `run --pod`: policies for some pods only, tried without Kubernetes. The command runs in a cgroup of its own, which the
// agent takes for a container of a pod that is made up here.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "agent/workloads.h"
#include "base/result.h"
#include "kernel/cgroups.h"
#include "pods/pod.h"

namespace tripline {

// NAMESPACE/NAME[,LABEL=VALUE]...
[[nodiscard]] Result<std::shared_ptr<const Pod>> parse_pod(const std::string& text);

class PodCgroup {
 public:
  static Result<PodCgroup> make(const CgroupHierarchy& hierarchy);
  // Fails when another process has been left in it, which then stays.
  ~PodCgroup();
  PodCgroup(PodCgroup&& other) noexcept : path_(std::move(other.path_)), id_(other.id_) {
    other.path_.clear();
  }
  PodCgroup& operator=(PodCgroup&&) = delete;

  [[nodiscard]] uint64_t id() const { return id_; }
  Result<void> take(pid_t process) const;

 private:
  PodCgroup(std::string path, uint64_t id) : path_(std::move(path)), id_(id) {}
  std::string path_;
  uint64_t id_ = 0;
};

// Its only container, in that cgroup.
Result<void> put_pod(Workloads& workloads, std::shared_ptr<const Pod> pod, const PodCgroup& cgroup);

}  // namespace tripline
