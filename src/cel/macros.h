// SPDX-License-Identifier: Apache-2.0
// Calls that are no calls: has(), all(), cel.bind() and so on.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cel/mistake.h"
#include "cel/node.h"

namespace tripline::cel {

// `call` itself when it is no macro. A macro with the wrong arguments is a mistake.
[[nodiscard]] std::expected<Node, Mistake> expand_macro(Node call);

}  // namespace tripline::cel
