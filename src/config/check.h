// SPDX-License-Identifier: Apache-2.0
// What `tripline agent --check-config` prints.
#pragma once

#include <string>

#include "config/load.h"

namespace tripline::config {

// The warnings; then each key with its value and where that came from; then those of the keys that were set which do
// nothing, and why.
[[nodiscard]] std::string check_config(const Config& config);

}  // namespace tripline::config
