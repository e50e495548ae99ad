// SPDX-License-Identifier: Apache-2.0
// The policies loaded at startup: the files of a folder and its subfolders, in the order of their names, followed by
// a single file.
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
