// SPDX-License-Identifier: Apache-2.0
// What a kernel can do, by the names that clients of the API know: the answer of `probe` and of GetInfo. Facts that were
// not probed for the running policies are worked out from the kernel's version; each row says from which one on.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kernel/kernel.h"

namespace tripline {

[[nodiscard]] std::vector<std::pair<std::string, bool>> api_features(const Kernel& kernel);

}  // namespace tripline
