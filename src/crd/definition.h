// SPDX-License-Identifier: Apache-2.0
// The custom resource definitions: of the two kinds of policies, of PodInfo, and of what each node says of the policies.
// They are complete objects, to be created in an API server as they are.
//
// The surprise: kSchemaVersion is a number of the language, which other agents' operators compare, too. The definitions
// here have more than theirs of the same number: a status.
#pragma once

#include <array>
#include <string_view>

#include "crd/tree.h"

namespace tripline::crd {

inline constexpr std::string_view kGroup = "cilium.io";
inline constexpr std::string_view kVersion = "v1alpha1";
inline constexpr std::string_view kSchemaLabel = "cilium.io.k8s.crd.schema.version";
inline constexpr std::string_view kSchemaVersion = "1.8.13";

enum class Holds { kPolicy, kPodInfo, kReport };

struct Names {
  std::string_view kind;
  std::string_view plural;
  std::string_view singular;
  std::string_view letters;  // the short name
  bool namespaced;
  Holds holds;
};

inline constexpr std::array kDefinitions = std::to_array<Names>({
    {"TracingPolicy", "tracingpolicies", "tracingpolicy", "tgtp", false, Holds::kPolicy},
    {"TracingPolicyNamespaced", "tracingpoliciesnamespaced", "tracingpolicynamespaced", "tgtpn", true,
     Holds::kPolicy},
    {"PodInfo", "podinfo", "podinfo", "tgpi", true, Holds::kPodInfo},
    {"TracingPolicyReport", "tracingpolicyreports", "tracingpolicyreport", "tgtpr", false, Holds::kReport},
});

// "tracingpolicies.cilium.io"
[[nodiscard]] std::string full_name(const Names& names);

[[nodiscard]] Tree definition(const Names& names);

}  // namespace tripline::crd
