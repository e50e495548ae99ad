// SPDX-License-Identifier: Apache-2.0
// An AdmissionReview (admission.k8s.io/v1) of a policy, and the answer to it. Refuses what is no such review. What does not
// change a policy's spec is allowed without a look: a label must not be refused for what the policy was before.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/source.h"
#include "webhook/verdict.h"

namespace tripline::webhook {

using Judge = std::function<Verdict(const Source&)>;

struct Reviewed {
  std::string answer;  // the AdmissionReview to send
  bool allowed = true;
  std::string policy;  // NAMESPACE/NAME, for the log
};

// Absent: it is no review.
[[nodiscard]] std::optional<Reviewed> review(std::string_view request, const Judge& judge);

}  // namespace tripline::webhook
