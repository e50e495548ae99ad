// SPDX-License-Identifier: Apache-2.0
// Notices of enforcers (bpf/lib/enforce.bpf.h): a hook leaves one, and the enforced calls of its policy take it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compile/judge/act.h"
#include "compile/judge/judging.h"

namespace tripline {

// Does any hook of the policy leave notices? One on an enforced call does what they would say.
[[nodiscard]] bool leaves_notices(const CheckedPolicy& policy);

void leave_notice(const Judging& judging, size_t section, const CheckedAction& action);
// What waits for the thread goes, and is counted; `reason`: enum tl_missed_reason.
void drop_notice(const Judging& judging, size_t section, int64_t reason);

// At the end of an enforced call: what waits for the thread of any of the policies is done. They need no slot.
void enforce_notices(const Judging& judging, Actions& actions);

}  // namespace tripline
