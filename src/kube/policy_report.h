// SPDX-License-Identifier: Apache-2.0
// PolicyReport: what one node says of the policies that the API server has, as a value that the node's agent writes as a
// TracingPolicyReport and the operator reads. The object has the node's name and belongs to the node.
//
// It is bounded: long messages are cut, and what does not fit into kLargestReport is only counted. Policies in error
// come first, so they are the last to be left out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/json.h"
#include "kube/reflector.h"

namespace tripline::kube {

enum class PolicyWord : uint8_t {
  kLoading,  // the generation is on its way
  kEnabled,
  kPartiallyEnabled,  // hooks of it were skipped, as it allows
  kDisabled,
  kSkipped,    // it is for other nodes
  kLoadError,  // nothing of it is in force
  kRefused,    // an earlier generation is in force
};
inline constexpr auto kPolicyWords = std::to_array<std::pair<PolicyWord, std::string_view>>({
    {PolicyWord::kLoading, "Loading"},
    {PolicyWord::kEnabled, "Enabled"},
    {PolicyWord::kPartiallyEnabled, "PartiallyEnabled"},
    {PolicyWord::kDisabled, "Disabled"},
    {PolicyWord::kSkipped, "Skipped"},
    {PolicyWord::kLoadError, "LoadError"},
    {PolicyWord::kRefused, "Refused"},
});

[[nodiscard]] constexpr bool has_failed(PolicyWord word) {
  return word == PolicyWord::kLoadError || word == PolicyWord::kRefused;
}

// Of one policy.
struct PolicySaid {
  ObjectKey key;
  std::string uid;
  int64_t generation = 0;
  PolicyWord word = PolicyWord::kLoading;
  int64_t line = 0;  // of the mistake in the document; 0: it has no place
  int64_t column = 0;
  std::string message = {};  // empty: there is no mistake
  bool operator==(const PolicySaid&) const = default;
};

struct PolicyReport {
  std::string node;
  std::string node_uid;  // empty: not known, then the object stays when the node goes
  std::vector<PolicySaid> policies;
  int64_t omitted = 0;
  bool operator==(const PolicyReport&) const = default;
};

inline constexpr size_t kLongestMessage = 512;
inline constexpr size_t kLargestReport = size_t{512} << 10;

// As it is to be applied, and the version of the API with which it is.
[[nodiscard]] std::string report_document(PolicyReport report);
// Entries without a uid or with a word that is not known are passed over.
[[nodiscard]] PolicyReport read_report(const Json& object);

inline constexpr std::string_view kReportsPath = "/apis/cilium.io/v1alpha1/tracingpolicyreports";
[[nodiscard]] Resource policy_reports();

}  // namespace tripline::kube
