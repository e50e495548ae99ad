// SPDX-License-Identifier: Apache-2.0
// A value as one could write it in an expression: 1, 1u, 1.5, "text", b"bytes", [1, 2], {"a": 1}, timestamp("...").
// Maps keep the order of their entries, those of messages are in the order of their keys.
#pragma once

#include <string>
#include <string_view>

#include "cel/value.h"

namespace tripline::cel {

[[nodiscard]] std::string printed(const Value& value);

}  // namespace tripline::cel
