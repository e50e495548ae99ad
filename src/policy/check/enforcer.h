// SPDX-License-Identifier: Apache-2.0
// spec.enforcers, and hooks that notify them. Private to the policy room.
//
// A notice that a hook leaves is taken by the next enforced call of the thread. Where the hook itself is on an enforced
// call, that is the same call: then its action does at once what the notice would have said.
#pragma once

#include <string>
#include <vector>

#include "policy/check/check.h"

namespace tripline::policy {

// The calls, each function once, with the way in which a program can keep them from running.
[[nodiscard]] std::vector<CheckedHook> check_enforcers(const Checking& checking);

// Null: the policy does not enforce there.
[[nodiscard]] const CheckedHook* enforced_call(const Checking& checking, const std::string& function);

// Does a selector of it notify, when the hook is called?
[[nodiscard]] bool notifies(const CheckedHook& hook);

// The hook is attached as an enforced call is, to the same function.
void act_directly(CheckedHook& hook);

}  // namespace tripline::policy
