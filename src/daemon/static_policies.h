// SPDX-License-Identifier: Apache-2.0
// The policies that are there from the start: files of a folder, in the order of their names, with those of its
// sub-folders in between, and a single file behind them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/source.h"

namespace tripline {

struct StaticPolicies {
  std::string folder;           // absolute; empty: none
  bool may_be_missing = false;  // of the folder
  std::string file;             // empty: none
};

// The documents. Fails when the folder or a file cannot be read. Hidden files count, sub-folders of sub-folders do not.
[[nodiscard]] Result<std::vector<Source>> read_static_policies(const StaticPolicies& from);

}  // namespace tripline
