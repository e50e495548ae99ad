// SPDX-License-Identifier: Apache-2.0
// A value as YAML, laid out as Go's yaml.v3 lays it out: keys sorted, indented by four, lists indented too, texts quoted
// only where they would be read as something else.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tripline {

struct YamlScalar {
  std::string text;        // as it is to stand in the document
  bool has_lines = false;  // not so: several lines, which are laid out when their place is known
};

struct YamlMember;

struct YamlValue {
  std::variant<YamlScalar, std::vector<YamlValue>, std::vector<YamlMember>> is;
};

struct YamlMember {
  std::string key;
  YamlValue value;
};

[[nodiscard]] YamlValue yaml_plain(
    std::string_view scalar);  // a number, a boolean or null, which is not quoted
[[nodiscard]] YamlValue yaml_text(std::string_view text);

// Ends with a line end.
[[nodiscard]] std::string yaml_out(YamlValue value);

}  // namespace tripline
