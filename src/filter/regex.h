// SPDX-License-Identifier: Apache-2.0
// Regular expressions of RE2: time is linear in the text, and memory is bounded. They are compiled once and then used
// from any thread. Messages about expressions that cannot be are those of Go's regexp package, which clients know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace tripline {

class Regex {
 public:
  // A part of a text; begin > end: a group that took no part in the match.
  struct Part {
    size_t begin = 1;
    size_t end = 0;
  };

  // `memory` bytes, for the program and what matching remembers.
  static std::expected<Regex, std::string> compile(const std::string& pattern, int64_t memory);

  [[nodiscard]] bool is_in(std::string_view text) const;
  [[nodiscard]] size_t groups() const;
  // The first match that begins at `from` or later: the whole and each group. False when there is none.
  [[nodiscard]] bool find(std::string_view text, size_t from, std::vector<Part>& parts) const;

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> expression) : expression_(std::move(expression)) {}

  std::shared_ptr<const re2::RE2> expression_;
};

// Bytes for each expression of a set of so many.
[[nodiscard]] int64_t memory_of_each(size_t expressions);

// All of them, or why the first that cannot be cannot be. Each has `memory` bytes.
[[nodiscard]] std::expected<std::vector<Regex>, std::string> compile_all(
    const std::vector<std::string>& patterns, int64_t memory);

[[nodiscard]] bool any_is_in(const std::vector<Regex>& expressions, std::string_view text);

}  // namespace tripline
