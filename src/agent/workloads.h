// SPDX-License-Identifier: Apache-2.0
// Workloads: which containers of which pods run here, and in which cgroups. For each scope that policies ask for, it keeps
// what the kernel is told of every container, so a pod that comes or changes needs no other programs. A process whose
// cgroup belongs to none of them is of the host.
//
// Any thread may call it. When a call has returned, every policy in force applies as it says; a policy that is on its way
// (scopes_for()) is written before it comes into force.
//
// A cgroup that is made inside one that is known belongs to the same container, which the kernel sees to as long as any
// policy has a scope. To miss none that is made while they are looked for, put() the container's own cgroup first, then
// look for those inside it, and put() them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pods/pod.h"
#include "pods/scope.h"

namespace tripline {

class Workloads {
 public:
  struct Listed {
    std::shared_ptr<const Pod> pod;
    Container container;
    std::vector<uint64_t> cgroups;  // sorted; not those that only the kernel knows of
  };

  // The container is there, or is now as it is said here; `cgroups` are added to those that it has. A cgroup that was
  // another container's is this one's from now on. Fails for a container without id.
  Result<void> put(std::shared_ptr<const Pod> pod, const Container& container,
                   std::span<const uint64_t> cgroups);
  // Its cgroups are the host's again. False when it was not known.
  bool remove(std::string_view container_id);
  // All containers of the pod are of this one from now on: its labels, for example, are others. How many there are.
  size_t change(const std::shared_ptr<const Pod>& pod);
  // In the order of their ids.
  [[nodiscard]] std::vector<Listed> list() const;
  [[nodiscard]] size_t size() const;

 private:
  struct Entry {
    std::shared_ptr<const Pod> pod;
    Container container;
    std::vector<uint64_t> cgroups;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<uint64_t, std::string> owners_;  // by cgroup
};

}  // namespace tripline
