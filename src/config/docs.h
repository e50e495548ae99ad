// SPDX-License-Identifier: Apache-2.0
// What --generate-docs prints: the flags as YAML.
#pragma once

#include <string>

namespace tripline::config {

[[nodiscard]] std::string flag_docs();

}  // namespace tripline::config
