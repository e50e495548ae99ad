// SPDX-License-Identifier: Apache-2.0
// A policy out of a text, for tests that drive the agent themselves.
#pragma once

#include <memory>
#include <string>

#include "kernel/kernel.h"
#include "policy/checked.h"

namespace tripline {

// Null, and the reasons on standard error, when the text is refused.
[[nodiscard]] std::shared_ptr<const CheckedPolicy> policy_from(std::string text, const Kernel& kernel);

}  // namespace tripline
