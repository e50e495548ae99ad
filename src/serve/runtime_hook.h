// SPDX-License-Identifier: Apache-2.0
// What the hook of a container runtime tells of a container that is about to start. Ids that it does not say are read
// from the path of the container's cgroup, names of the pod from the annotations that containerd and CRI-O write.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "agent/node_pods.h"

namespace tetragon {
class CreateContainer;
}

namespace tripline {

// Absent: the container that holds a pod's namespaces, which no status of a pod has. An error: ids that are missing, or are
// none.
[[nodiscard]] std::expected<std::optional<StartingContainer>, std::string> read_starting(
    const tetragon::CreateContainer& told);

}  // namespace tripline
