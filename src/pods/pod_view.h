// SPDX-License-Identifier: Apache-2.0
// PodView: the fields that events show of a process's pod and container. Immutable, so that all processes of a
// container share it; a changed pod gets a new one, and processes keep the one they had when they began.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pods/pod.h"

namespace tripline {

struct ContainerView {
  std::string id;  // with the runtime before it: `containerd://...`
  std::string name;
  std::string image_id;
  std::string image;
  std::optional<int64_t> started_at;  // ns since 1970; of one that ran when it was looked at
  bool privileged = false;
  bool operator==(const ContainerView&) const = default;
};

struct PodView {
  std::string name_space;
  std::string name;
  std::string uid;
  ContainerView container;
  Labels labels;
  std::string workload;
  std::string workload_kind;
  Labels annotations;                            // empty unless they are to be shown
  std::vector<std::vector<std::string>> probes;  // commands of its health checks; not shown
  bool operator==(const PodView&) const = default;
};
using PodViewPtr = std::shared_ptr<const PodView>;

[[nodiscard]] PodView view_of(const Pod& pod, const Container& container, bool annotations);

}  // namespace tripline
