// SPDX-License-Identifier: Apache-2.0
// A position in a document. Lines and columns count from 1, columns in bytes; a Span with line 0 points at the
// document as a whole.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace tripline {

// A place in a source text. `length` is the number of bytes to underline on that line (at least 1).
struct Span {
  int line = 0;
  int column = 0;
  int length = 1;

  auto operator<=>(const Span&) const = default;
};

// A document: its name as the user knows it (a path, or "<stdin>") and its whole text.
struct Source {
  std::string name;
  std::string text;
  // Whoever keeps it has checked it by rules of their own, perhaps those of a later version: a field that is not known is
  // passed over with a warning.
  bool loose = false;

  // Line `line` (from 1) without its line end; empty when there is no such line.
  [[nodiscard]] std::string_view line(int line) const;
};

// A value and the place it was written at.
template <typename T>
struct Located {
  T value{};
  Span span{};

  bool operator==(const Located& other) const { return value == other.value; }
};

}  // namespace tripline
