// SPDX-License-Identifier: Apache-2.0
// The status of a policy as one line of JSON in the form of the API's TracingPolicyStatus, with the names of the .proto
// file; members of that message that only a daemon knows (id, sensors, memory) are left out, and so are counts of 0.
// Numbers of 64 bits are strings.
#pragma once

#include <string>

#include "event/policy_status.h"

namespace tripline {

// Without the line end.
[[nodiscard]] std::string to_json(const PolicyStatus& status);

}  // namespace tripline
