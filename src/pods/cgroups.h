// SPDX-License-Identifier: Apache-2.0
// Cgroups: the directories that the cgroups of containers are. A container's are the directory whose name has its id,
// below one whose name has the uid of its pod, and all below that: what a container makes inside belongs to it. Where
// runtimes put them differs; src/pods/container_id.h has the names.
//
// A container can make cgroups of its own, with any name. So nothing is looked for inside one of a pod, and what is in the
// directory of another pod is not found.
//
// The number of a cgroup is that of its directory, which programs see as the id of the cgroup on any 64-bit kernel.
//
// Reads directories, which takes milliseconds on a large node: not for the loop. One thread at a time.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tripline {

struct ContainerCgroups {
  std::string path;           // of the container's own
  std::vector<uint64_t> ids;  // its own first
};

class Cgroups {
 public:
  // `root`: where the tree of cgroups is mounted.
  explicit Cgroups(std::string root) : root_(std::move(root)) {}

  // `pod_uid` as directories have it (directory_uid()). ENOENT: there are none, or not yet.
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
