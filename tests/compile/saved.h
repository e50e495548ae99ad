// SPDX-License-Identifier: Apache-2.0
// What the tests of this room start from: a saved kernel, and policies made by hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compile/compile.h"
#include "kernel/kernel.h"
#include "policy/checked.h"

namespace tripline {

// The saved kernel of that name in tests/corpus/kernels, read once. Ends the test when it cannot be read.
const Kernel& saved_kernel(const std::string& name);

// A section on fd_install with an int (parameter 0) and a file (parameter 1), and these selectors.
CheckedHook fd_install(std::vector<CheckedSelector> selectors, Attachment attachment = Attachment::kFentry);

// A selector with one path filter and one action.
CheckedSelector selector(PathFilter::Op op, std::vector<std::string> values,
                         CheckedAction::Kind action = CheckedAction::Kind::kPost);

std::shared_ptr<const CheckedPolicy> policy_of(std::string name, std::vector<CheckedHook> hooks);

// The plan of the first hook of these policies.
HookPlan plan(std::vector<std::shared_ptr<const CheckedPolicy>> policies);

}  // namespace tripline
