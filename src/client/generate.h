// SPDX-License-Identifier: Apache-2.0
// `tracingpolicy generate`: the text of a policy to start from.
#pragma once

#include <expected>
#include <string>

#include "flags/parse.h"

namespace tripline {

[[nodiscard]] std::expected<std::string, std::string> generated_policy(const flags::Parsed& parsed);

}  // namespace tripline
