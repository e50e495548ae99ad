// SPDX-License-Identifier: Apache-2.0
// Regular expressions of RE2. Matching takes time in proportion to the text, and memory is bounded.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace tripline::cel {

class Pattern {
 public:
  static std::expected<Pattern, std::string> compile(std::string_view pattern);
  // Somewhere in it.
  [[nodiscard]] bool is_in(std::string_view text) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> expression) : expression_(std::move(expression)) {}
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace tripline::cel
