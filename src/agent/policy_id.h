// SPDX-License-Identifier: Apache-2.0
// Who a policy is. Its name says which one is meant, its generation which of those that have had that name: a policy
// that is replaced keeps the name and gets a new generation. Generations are never used twice, whatever the name, so
// inside the agent the generation alone stands for the policy: counters, pairs and records know it by that.
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
