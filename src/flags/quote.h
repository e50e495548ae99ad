// SPDX-License-Identifier: Apache-2.0
// Text between double quotes as the recorded programs write it in their messages: a Go string literal. Nothing is cut.
#pragma once

#include <string>
#include <string_view>

namespace tripline::flags {

[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace tripline::flags
