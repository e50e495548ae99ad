// SPDX-License-Identifier: Apache-2.0
// Notices of enforcers (bpf/lib/enforce.bpf.h), as the hooks of a policy leave them for its enforced calls.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compile/judge/judging.h"

namespace tripline {

void leave_notice(const Judging& judging, size_t section, const CheckedAction& action);
// What waits for the thread goes, and is counted; `reason`: enum tl_missed_reason.
void drop_notice(const Judging& judging, size_t section, int64_t reason);

}  // namespace tripline
