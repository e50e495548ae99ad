// SPDX-License-Identifier: Apache-2.0
// Waits for calls that are on their way through programs.
//
// It covers calls that cannot sleep between two programs of their hook: those that RCU waits for. It cannot know of others:
// on a kernel that preempts tasks, one between two programs of a trampoline; since 6.13 one between those of a raw
// tracepoint of system calls, since 7.0 of any raw tracepoint. For those there is only time.
#pragma once

#include "base/result.h"

namespace tripline {

// Returns when every such call is over that had begun before. Takes milliseconds, and longer on a busy machine.
[[nodiscard]] Result<void> wait_for_calls();

}  // namespace tripline
