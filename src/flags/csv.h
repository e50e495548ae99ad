// SPDX-License-Identifier: Apache-2.0
// A list in one text: fields separated by commas, as Go's encoding/csv reads one line. A field in double quotes may
// hold commas; a quote inside a field that does not begin with one is refused.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tripline::flags {

// "" is the empty list. The error is the whole sentence: `parse error on line 1, column 3: bare " in non-quoted-field`.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> parse_csv(std::string_view text);

// The list as one text; fields that need it are quoted.
[[nodiscard]] std::string csv_text(std::span<const std::string> fields);

}  // namespace tripline::flags
