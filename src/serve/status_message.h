// SPDX-License-Identifier: Apache-2.0
// PolicyStatus as the API's TracingPolicyStatus, and back. `stats` is there when the mode is: a policy without a hook
// has neither. Its sums are made of the selectors' counts, and are not read.
#pragma once

#include <optional>

#include "event/policy_status.h"

namespace tetragon {
class TracingPolicyStatus;
}

namespace tripline {

// `out` is empty.
void to_message(const PolicyStatus& status, tetragon::TracingPolicyStatus& out);

// Absent when the policy is in a state that PolicyStatus does not have. Members that PolicyStatus does not have are left
// out.
[[nodiscard]] std::optional<PolicyStatus> from_message(const tetragon::TracingPolicyStatus& message);

}  // namespace tripline
