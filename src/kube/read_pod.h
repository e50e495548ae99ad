// SPDX-License-Identifier: Apache-2.0
// The parts of pods and nodes that the agent uses.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "kube/json.h"
#include "kube/reflector.h"
#include "pods/pod.h"

namespace tripline::kube {

// Where a pod has its containers of each kind.
struct PodContainers {
  const char* statuses;
  const char* specs;
  Container::Kind kind;
};
inline constexpr std::array kPodContainers = {
    PodContainers{"initContainerStatuses", "initContainers", Container::Kind::kInit},
    PodContainers{"containerStatuses", "containers", Container::Kind::kRegular},
    PodContainers{"ephemeralContainerStatuses", "ephemeralContainers", Container::Kind::kEphemeral}};

// Absent when it has no uid or no name.
[[nodiscard]] std::optional<Pod> read_pod(const Json& object);

// Of anything with metadata.
[[nodiscard]] Labels read_labels(const Json& object);

// Those that run on `node`.
[[nodiscard]] Resource pods_of(std::string_view node);
// That node alone.
[[nodiscard]] Resource node_called(std::string_view name);

}  // namespace tripline::kube
