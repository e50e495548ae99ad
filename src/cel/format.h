// SPDX-License-Identifier: Apache-2.0
// "%s is %d".format([...]): %s for anything but messages, %d, %b, %o, %x and %X, %f and %e with a precision, %%.
#pragma once

#include <string_view>
#include <vector>

#include "cel/frame.h"
#include "cel/value.h"

namespace tripline::cel {

[[nodiscard]] Outcome format(Frame& frame, std::string_view form, const std::vector<Value>& values);

}  // namespace tripline::cel
