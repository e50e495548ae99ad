// SPDX-License-Identifier: Apache-2.0
// A policy on user-space code hooks the files that were there when it was checked. When a package replaces one, the
// policy keeps its number, its counts and its mode, and hooks the new file in addition to the old one, which running
// processes still use.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/checked.h"

namespace tripline {

// One of the files that a policy hooks.
struct HookedFile {
  std::string path;
  uint64_t device = 0;
  uint64_t inode = 0;
  bool operator==(const HookedFile&) const = default;
};

// Each once.
[[nodiscard]] std::vector<HookedFile> hooked_files(const CheckedPolicy& policy);

// `fresh` is what its document says now. The hooks of `policy`, but for those of the files of `gone`, and behind them those
// of `fresh` that are on files which `policy` has none of. Absent when that changes nothing.
[[nodiscard]] std::optional<CheckedPolicy> renewed(const CheckedPolicy& policy, const CheckedPolicy& fresh,
                                                   std::span<const HookedFile> gone);

}  // namespace tripline
