// SPDX-License-Identifier: Apache-2.0
// What type() says of a value.
#pragma once

#include <string_view>

#include "cel/value.h"

namespace tripline::cel {

// Lives for ever.
[[nodiscard]] std::string_view type_name(const Value& value);

}  // namespace tripline::cel
