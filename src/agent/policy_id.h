// SPDX-License-Identifier: Apache-2.0
// The identity of a policy. The name says which policy is meant, the generation which of those that have had this
// name: a replaced policy keeps its name and gets a new generation. Generations are never reused, whatever the name,
// so inside the agent the generation alone identifies the policy: counters, pairs and records use it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace tripline {

// One policy of this name at a time.
struct PolicyName {
  std::string domain;          // whoever adds policies has one; may be empty
  std::string namespace_name;  // empty for a TracingPolicy
  std::string name;
  auto operator<=>(const PolicyName&) const = default;
};

// 0: of no policy.
using Generation = uint64_t;

struct PolicyId {
  Generation generation = 0;
  PolicyName name;
  auto operator<=>(const PolicyId&) const = default;
};

}  // namespace tripline
