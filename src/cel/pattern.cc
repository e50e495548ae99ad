// SPDX-License-Identifier: Apache-2.0
#include "cel/pattern.h"

#include <re2/re2.h>

#include <utility>

namespace tripline::cel {

std::expected<Pattern, std::string> Pattern::compile(std::string_view pattern) {
  constexpr size_t kLongest = 16'384;
  if (pattern.size() > kLongest) return std::unexpected("the regular expression is too long");
  re2::RE2::Options options;
  options.set_log_errors(false);
  constexpr int64_t kMemory = int64_t{4} << 20;
  options.set_max_mem(kMemory);
  auto expression =
      std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!expression->ok()) return std::unexpected("invalid regular expression: " + expression->error());
  return Pattern(std::move(expression));
}

bool Pattern::is_in(std::string_view text) const {
  return expression_->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

}  // namespace tripline::cel
