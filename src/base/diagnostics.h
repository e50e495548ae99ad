// SPDX-License-Identifier: Apache-2.0
// Mistakes of a policy's author, collected so that all of them are reported at once. Nothing here prints: a
// caller renders them (text for people, its own JSON for editors).
//
// A document can be wrong in a million places; only the first kKept are stored, the rest are counted. The author's
// text goes into a message through quoted(), so that no control byte of a document reaches a terminal.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
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
  static constexpr size_t kKept = 200;

  void error(Span span, std::string message, std::string expected = {}, std::string hint = {});
  void warning(Span span, std::string message, std::string expected = {}, std::string hint = {});

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] size_t errors() const { return errors_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  // No more are stored: whoever would have to search for a hint need not.
  [[nodiscard]] bool full() const { return all_.size() >= kKept; }
  // How many are not in all().
  [[nodiscard]] size_t dropped() const { return dropped_; }
  // Orders by place, the order of reporting kept within one place, and drops repetitions; call once before
  // rendering.
  void sort();

 private:
  void add(Diagnostic diagnostic);

  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
  size_t dropped_ = 0;
};

// `FILE:LINE:COL: error: MESSAGE`, then the source line, a line that underlines the span, and the
// expected/hint lines where there are any. A long line is cut to a window around the span. Control bytes of the
// source are shown as '?', a tab as one blank.
[[nodiscard]] std::string render(const Source& source, const Diagnostic& diagnostic);

// `text` between double quotes, fit for a message: control bytes and quotes escaped, cut when long.
[[nodiscard]] std::string quoted(std::string_view text);

// "a, b, c": how messages list names.
[[nodiscard]] std::string listed(std::span<const std::string_view> names);

// The candidate nearest to `word` by edit distance, or "" when none is near enough to be meant.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

// `did you mean "x"?` for the nearest candidate, or "".
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace tripline
