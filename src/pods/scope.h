// SPDX-License-Identifier: Apache-2.0
// Scope: the processes that a policy, or a selector with matchWorkloads, applies to. A process belongs to a
// container of a pod or to the host: to the host if its cgroup belongs to no known container.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pods/pod.h"

namespace tripline {

struct Requirement {
  enum class Operator : uint8_t { kIn, kNotIn, kExists, kDoesNotExist };

  std::string key;
  Operator op = Operator::kIn;
  std::vector<std::string> values;  // sorted; of kIn and kNotIn
  auto operator<=>(const Requirement&) const = default;
};

// All of them must be met. kNotIn is also met when the key is missing, whatever the values.
using Requirements = std::vector<Requirement>;

struct Scope {
  // Containers: those of pods of this namespace, if it has one, whose pod and whose name and image meet what is required.
  // Absent: no container.
  struct Containers {
    std::optional<std::string> name_space;
    Requirements pod;
    Requirements container;
    auto operator<=>(const Containers&) const = default;
  };
  std::optional<Containers> containers;
  bool host = false;  // processes of the host
  auto operator<=>(const Scope&) const = default;
};

// All requirements, of labels alone.
[[nodiscard]] bool meets(const Requirements& requirements, const Labels& labels);

// Keys are the pod's labels and `k8s:io.kubernetes.pod.namespace`; of the container, `name` and `repo`.
[[nodiscard]] bool admits(const Scope& scope, const Pod& pod, const Container& container);

// For people: `containers of namespace "b" whose pod has app In "web"; the host`.
[[nodiscard]] std::string text_of(const Scope& scope);

// The image without its tag and digest, whoever told of it: `docker.io/library/nginx`. Empty when it is none.
[[nodiscard]] std::string repository_of(std::string_view image);

}  // namespace tripline
