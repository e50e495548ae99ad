// SPDX-License-Identifier: Apache-2.0
// The sink of the operator's log lines. From any thread.
#pragma once

#include <functional>

#include "base/log_line.h"

namespace tripline::op {

using Say = std::function<void(const LogLine&)>;

}  // namespace tripline::op
