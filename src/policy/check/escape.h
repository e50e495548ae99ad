// SPDX-License-Identifier: Apache-2.0
// How a hook's message and tags are stored and shown: as inside a double-quoted Go string.
#pragma once

#include <string>
#include <string_view>

namespace tripline::policy {

// `text` with quotes, backslashes and everything that does not print escaped: \" \n \x00 \u00a0 \U000e0001.
// A byte that is not UTF-8 becomes \xNN. Code points that no standard has assigned yet count as printable.
[[nodiscard]] std::string escape(std::string_view text);

}  // namespace tripline::policy
