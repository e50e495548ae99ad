// SPDX-License-Identifier: Apache-2.0
// Label selectors in the language of Kubernetes: `app=x,tier in (a, b),!old`. Messages are those of its own parser.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripline {

using LabelViews = std::vector<std::pair<std::string_view, std::string_view>>;

class LabelSelector {
 public:
  static std::expected<LabelSelector, std::string> parse(std::string_view text);

  // All requirements are met. One that has none matches everything.
  [[nodiscard]] bool matches(const LabelViews& labels) const;

 private:
  enum class Operator : uint8_t { kExists, kDoesNotExist, kIn, kNotIn, kGreater, kLess };
  struct Requirement {
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;
    int64_t number = 0;  // kGreater, kLess
  };
  friend class SelectorParser;
  static bool meets(const Requirement& requirement, const LabelViews& labels);

  std::vector<Requirement> requirements_;
};

}  // namespace tripline
