// SPDX-License-Identifier: Apache-2.0
// Which container a cgroup is of, by the place of its directory, for cgroups whose own name does not say so. Asked of the
// file system once for each cgroup: its numbers are never used again.
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
