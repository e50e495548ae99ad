// SPDX-License-Identifier: Apache-2.0
// The workload of a pod as its users know it: the Deployment rather than the ReplicaSet that the Deployment made.
#pragma once

#include <string>

#include "pods/pod.h"

namespace tripline {

struct Workload {
  std::string name;
  std::string kind;
  bool operator==(const Workload&) const = default;
};

// The pod itself where nobody made it.
[[nodiscard]] Workload workload_of(const Pod& pod);

}  // namespace tripline
