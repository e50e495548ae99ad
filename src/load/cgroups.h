// SPDX-License-Identifier: Apache-2.0
// Cgroups as directories. The id of one is what the kernel knows it by, and the inode number of its directory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/cgroups.h"

namespace tripline {

// The one of cgroup2, when that is what is mounted; else that of the first of memory, pids and cpuset that is.
// `procfs`: where the files of processes are; process 1 says what is mounted.
[[nodiscard]] CgroupHierarchy find_cgroup_hierarchy(const std::string& procfs = "/proc");

// The ids of all cgroups inside the one with this id, at any depth; none when there is no such cgroup.
[[nodiscard]] std::vector<uint64_t> cgroups_inside(const CgroupHierarchy& hierarchy, uint64_t cgroup);

}  // namespace tripline
