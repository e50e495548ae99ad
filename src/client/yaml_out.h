// SPDX-License-Identifier: Apache-2.0
// YAML as the recorded client writes it: block style, keys sorted. A scalar is quoted only when it must be.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tripline::client {

struct Yaml;
using YamlList = std::vector<Yaml>;
using YamlMap = std::vector<std::pair<std::string, Yaml>>;
// A value that is written as it stands: a number, true, null.
struct YamlWord {
  std::string text;
};

struct Yaml {
  std::variant<std::string, YamlWord, YamlList, YamlMap> value;
};

enum class YamlStyle {
  kTwo,   // indented by 2, lists at the place of their key
  kFour,  // indented by 4, lists too
};

// Sorts the keys of all mappings while it writes.
[[nodiscard]] std::string yaml_text(const Yaml& yaml, YamlStyle style);

}  // namespace tripline::client
