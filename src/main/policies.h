// SPDX-License-Identifier: Apache-2.0
// Policy files as a command takes them: read, parsed and checked against one kernel, all of them before anything is
// done with any.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "kernel/kernel.h"
#include "policy/checked.h"
#include "policy/policy.h"

namespace tripline {

// A document that was read; the policy is absent when there is none in it.
struct ReadPolicy {
  Source source;
  Diagnostics diagnostics;
  std::optional<Policy> policy;
};

// Those in `paths`; absent when one cannot be read, which is said on standard error.
[[nodiscard]] std::optional<std::vector<ReadPolicy>> read_policies(const std::vector<std::string>& paths);

// What must be known of a kernel to check them, besides what is always known.
[[nodiscard]] ProbeScope scope_for(std::span<const ReadPolicy> policies);

// Checks what was read and says on standard error what is wrong; absent when anything is.
[[nodiscard]] std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> check_policies(
    std::vector<ReadPolicy> read, const Kernel& kernel, const CheckOptions& options);

// The policies in the files `paths`, in that order, for an author: what is wrong with them goes to standard error, and
// what lint() says. Absent when anything is wrong.
[[nodiscard]] std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> load_policies(
    const std::vector<std::string>& paths, const Kernel& kernel, const CheckOptions& options);

}  // namespace tripline
