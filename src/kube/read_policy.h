// SPDX-License-Identifier: Apache-2.0
// A policy from the API server: the document for the policy parser, and the facts that the agent needs before it is
// parsed.
#pragma once

#include <optional>
#include <string>

#include "kube/json.h"
#include "kube/reflector.h"
#include "pods/scope.h"

namespace tripline::kube {

enum class PolicyScope : uint8_t { kCluster, kNamespaced };

struct PolicyObject {
  ObjectKey key;
  std::string uid;
  int64_t generation = 0;  // raised by the server when the spec changes, and not with anything else
  std::string document;    // apiVersion, kind, metadata and spec, as JSON in lines
  // Which nodes it is for; absent: all.
  std::optional<Requirements> nodes;
  std::string nodes_mistake;  // why `nodes` cannot be used, where there is something
};

[[nodiscard]] PolicyObject read_policy(const Json& object, PolicyScope scope);

// All of the cluster, of one kind.
[[nodiscard]] Resource policies_of(PolicyScope scope);

}  // namespace tripline::kube
