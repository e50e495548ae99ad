// SPDX-License-Identifier: Apache-2.0
// Mistakes of a policy's author, collected so that all of them are reported at once. Nothing here prints: a
// caller renders them (text for people, its own JSON for editors).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/source.h"

namespace tripline {

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  Span span;
  std::string message;   // what is wrong, naming the offending field or value
  std::string expected;  // what would have been right; may be empty
  std::string hint;      // "did you mean ...", or what would make it possible; may be empty

  bool operator==(const Diagnostic&) const = default;
};

class Diagnostics {
 public:
  void error(Span span, std::string message, std::string expected = {}, std::string hint = {});
  void warning(Span span, std::string message, std::string expected = {}, std::string hint = {});

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  // Stable order by place; call once before rendering.
  void sort();

 private:
  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
};

// `FILE:LINE:COL: error: MESSAGE`, then the source line, a line that underlines the span, and the
// expected/hint lines where there are any. Control bytes of the source are shown as '?'.
[[nodiscard]] std::string render(const Source& source, const Diagnostic& diagnostic);

// The candidate nearest to `word` by edit distance, or "" when none is near enough to be meant.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace tripline
