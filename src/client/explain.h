// SPDX-License-Identifier: Apache-2.0
// `explain`: the fields of a resource. The fields of policies come from the tables that parse them.
#pragma once

#include <expected>
#include <string>

#include "flags/parse.h"

namespace tripline {

[[nodiscard]] std::expected<std::string, std::string> explained(const flags::Parsed& parsed);

}  // namespace tripline
