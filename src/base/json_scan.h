// SPDX-License-Identifier: Apache-2.0
// Steps over pieces of JSON without reading them. Text that is no JSON is stepped over somehow, never beyond its end.
#pragma once

#include <string_view>
#include <vector>

namespace tripline {

// Behind the string that begins at `at` with its quote.
[[nodiscard]] const char* skip_json_string(const char* at, const char* end);

// Behind the value that begins at `at`, before what follows it.
[[nodiscard]] const char* skip_json_value(const char* at, const char* end);

struct JsonMember {
  std::string_view name;   // as it is written between its quotes
  std::string_view value;  // with the quotes, brackets or braces that it has
};

// The members of an object without white space between its tokens; false when `object` is none, and nothing else.
[[nodiscard]] bool read_json_members(std::string_view object, std::vector<JsonMember>& out);

}  // namespace tripline
