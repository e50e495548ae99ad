// SPDX-License-Identifier: Apache-2.0
// The reported status of a policy of the set, from the counters of its programs.
#pragma once

#include "agent/prepare.h"
#include "agent/set.h"
#include "event/policy_status.h"

namespace tripline {

// Selectors in the order of the document's sections. A call that is posted when it returns counts as posted once its
// beginning was written, whatever becomes of the return.
[[nodiscard]] PolicyStatus status_of(const Member& member, bool enforces, const PartCounts& counts);

}  // namespace tripline
