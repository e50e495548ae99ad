// SPDX-License-Identifier: Apache-2.0
// PolicyStatusObject: what the status of a policy object says, as a value that a Summary gives and that an object has; and
// the Event that tells of failures. Both are texts for the API server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "kube/json.h"
#include "operator/roll_up.h"

namespace tripline::op {

struct PolicyStatusObject {
  int64_t generation = 0;
  std::string condition;  // True, False, Unknown
  std::string since;      // when that changed
  std::string reason;
  std::string message;
  int64_t failed = 0;  // nodes
  std::string counts;  // "4/5"
  // The same but for `since`.
  [[nodiscard]] bool says(const PolicyStatusObject& other) const {
    return generation == other.generation && condition == other.condition && reason == other.reason &&
           message == other.message && failed == other.failed && counts == other.counts;
  }
};

// `before`: that of the object as it is; its `since` stays while its condition does. `now`: "2026-01-31T12:00:00Z".
[[nodiscard]] PolicyStatusObject status_of(const kube::ObjectKey& key, const Summary& summary,
                                           const PolicyStatusObject& before, std::string_view now);
// All empty where there is none.
[[nodiscard]] PolicyStatusObject read_status(const kube::Json& object);
// A merge patch for the status of the object with that uid, and of no other of its name.
[[nodiscard]] std::string status_patch(const PolicyStatusObject& status, const Summary& summary,
                                       const std::string& uid);

// "/apis/cilium.io/v1alpha1/tracingpolicies/NAME", or in a namespace.
[[nodiscard]] std::string policy_path(const kube::ObjectKey& key);

// An Event of failures. Those of one policy for one reason are one object, which counts them.
struct PolicyEvent {
  kube::ObjectKey key;
  std::string uid;
  std::string reason;  // LoadError, Refused
  std::string message;
  int64_t count = 0;  // of new failures
};
[[nodiscard]] std::string event_folder(const PolicyEvent& event);
[[nodiscard]] std::string event_name(const PolicyEvent& event);
[[nodiscard]] std::string event_document(const PolicyEvent& event, std::string_view now);
// For the object that is there, with its failures counted as well.
[[nodiscard]] std::string event_patch(const PolicyEvent& event, const kube::Json& existing,
                                      std::string_view now);

// "2026-01-31T12:00:00Z"
[[nodiscard]] std::string second_time(std::chrono::system_clock::time_point time);

}  // namespace tripline::op
