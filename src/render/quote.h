// SPDX-License-Identifier: Apache-2.0
// Untrusted strings, made safe for a terminal and for a line whose fields are separated by spaces.
#pragma once

#include <string>
#include <string_view>

namespace tripline {

// `text` itself, or, when it holds a blank or anything that cannot be printed, as a string literal of
// Go: in double quotes, with \", \\, \a \b \f \n \r \t \v, \xNN, \uNNNN and \UNNNNNNNN for what cannot be printed.
[[nodiscard]] std::string quote_if_needed(std::string_view text);

}  // namespace tripline
