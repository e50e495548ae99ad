// SPDX-License-Identifier: Apache-2.0
// Cgroups: the directories that the cgroups of containers are. A container's are the directory whose name has its id,
// below one whose name has the uid of its pod, and all below that: what a container makes inside belongs to it. Where
// runtimes put them differs; src/pods/container_id.h has the names.
//
// The number of a cgroup is that of its directory, which programs see as the id of the cgroup on any 64-bit kernel.
//
// Reads directories, which takes milliseconds on a large node: not for the loop. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tripline {

// The tree of cgroups in which containers are looked for.
struct CgroupTree {
  std::string root;        // a directory
  std::string controller;  // of cgroup v1, whose tree it is; empty: cgroup v2
  uint32_t index = 0;      // the controller's, in a task's list of them

  [[nodiscard]] bool is_v2() const { return controller.empty(); }
};

// The one of the host: below what pid 1 has as its root, which is not ours in a container.
[[nodiscard]] Result<CgroupTree> find_cgroup_tree(const std::string& proc = "/proc");

// The line of /proc/cgroups that the controller has there, counted from 0 without the title; absent: it has none, or
// is off.
[[nodiscard]] std::optional<uint32_t> controller_index(std::string_view cgroups, std::string_view controller);

struct ContainerCgroups {
  std::string path;           // of the container's own
  std::vector<uint64_t> ids;  // its own first
};

class Cgroups {
 public:
  explicit Cgroups(std::string root) : root_(std::move(root)) {}

  // ENOENT: there are none, or not yet.
  [[nodiscard]] Result<ContainerCgroups> find(std::string_view pod_uid, std::string_view container_id);
  // Of a container whose cgroup is at `path` below the root.
  [[nodiscard]] Result<ContainerCgroups> at(const std::string& path) const;
  // Is the directory that was found still the same?
  [[nodiscard]] static bool is_there(const ContainerCgroups& found);

 private:
  const std::string root_;
  std::set<std::string> parents_;  // directories in which pods were found
};

}  // namespace tripline
