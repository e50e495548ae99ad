// SPDX-License-Identifier: Apache-2.0
// The id of a container from the names of its cgroup, as every runtime chooses them: `cri-containerd-ID.scope`, `crio-ID`,
// `docker-ID.scope`, `libpod-ID.scope`, `SLICE:cri-containerd:ID`, or the id alone. Ids are of 64 characters or more. The
// monitor that CRI-O and podman run beside a container (`crio-conmon-ID.scope`) is none.
//
// Views: into the text that was asked about. Empty where there is no container.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tripline {

// Characters of an id that events show, and by which a container is found.
inline constexpr size_t kShownContainerId = 31;

// By the name of a cgroup, of which only its first bytes are known when `cut`; the id may be cut then, too.
[[nodiscard]] std::string_view container_in_name(std::string_view name, bool cut = false);

// By the path of a cgroup. All below the cgroup of a pod's container is that container's, whatever its names say: who is in
// it chooses them. Only a pod's has cgroups below it: what surrounds all of an agent in a container is no container of
// its own.
[[nodiscard]] std::string_view container_in_path(std::string_view path);

// By the lines of /proc/PID/cgroup.
[[nodiscard]] std::string_view container_in_lines(std::string_view lines);

// The uid of the pod that a cgroup belongs to, as the API server writes it: 36 characters with dashes, or, of a static pod,
// 32 digits. Empty where there is none.
[[nodiscard]] std::string pod_in_path(std::string_view path);

// What events show of an id.
[[nodiscard]] inline std::string_view shown_container_id(std::string_view id) {
  return id.substr(0, kShownContainerId);
}

}  // namespace tripline
