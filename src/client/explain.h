// SPDX-License-Identifier: Apache-2.0
// `explain`: what may stand in a resource, field by field. The fields of policies come from the tables that parse them.
#pragma once

#include <expected>
#include <string>

#include "flags/parse.h"

namespace tripline {

[[nodiscard]] std::expected<std::string, std::string> explained(const flags::Parsed& parsed);

}  // namespace tripline
