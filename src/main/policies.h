// SPDX-License-Identifier: Apache-2.0
// Policy files as a command takes them: read, parsed and checked against one kernel, all of them before anything is
// done with any.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "policy/checked.h"

namespace tripline {

// The policies in the files `paths`, in that order. What is wrong with them goes to standard error; absent when
// anything is.
[[nodiscard]] std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> load_policies(
    const std::vector<std::string>& paths, const Kernel& kernel);

}  // namespace tripline
