// SPDX-License-Identifier: Apache-2.0
// Where the operator's log lines go. From any thread.
#pragma once

#include <functional>

#include "base/log_line.h"

namespace tripline::op {

using Say = std::function<void(const LogLine&)>;

}  // namespace tripline::op
