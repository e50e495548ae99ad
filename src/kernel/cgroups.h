// SPDX-License-Identifier: Apache-2.0
// CgroupHierarchy: which of a host's trees of cgroups tells containers apart. There is one tree, or, where the first
// version of cgroups is in use, one for each of its controllers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tripline {

struct CgroupHierarchy {
  uint32_t id = 0;                          // as in /proc/cgroups; 0: that of cgroup2
  std::optional<uint32_t> controller = {};  // whose tree it is, by its position in struct css_set
  std::string mount = "/sys/fs/cgroup";
  bool operator==(const CgroupHierarchy&) const = default;
};

}  // namespace tripline
