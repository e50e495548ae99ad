// SPDX-License-Identifier: Apache-2.0
// Texts in messages that must read as the recorded programs, which are written in Go, wrote them.
#pragma once

#include <string>
#include <string_view>

namespace tripline {

// `text` as a string literal of Go. Nothing is cut.
[[nodiscard]] std::string go_quoted(std::string_view text);

// "no such file or directory": as strerror, but in lower case.
[[nodiscard]] std::string go_error(int errnum);

}  // namespace tripline
