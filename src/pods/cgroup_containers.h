// SPDX-License-Identifier: Apache-2.0
// The container of a cgroup whose own name does not show it, from the position of its directory. The file system is
// read once for each cgroup: cgroup ids are never reused.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/fd.h"

namespace tripline {

class CgroupContainers {
 public:
  // `root`: where the tree of cgroups is mounted.
  explicit CgroupContainers(const std::string& root);

  // The id of the container; empty: it is in none, or it is gone.
  [[nodiscard]] const std::string& container_of(uint64_t cgroup);
  // The path of the cgroup's directory; empty when it is gone.
  [[nodiscard]] std::string path_of(uint64_t cgroup) const;

 private:
  Fd root_;
  std::unordered_map<uint64_t, std::string> known_;
};

}  // namespace tripline
