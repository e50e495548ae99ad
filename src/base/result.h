// SPDX-License-Identifier: Apache-2.0
// Errors from outside: what was tried, on what, and why it failed. A library room returns a Result; it never prints,
// exits or throws. Mistakes of a policy's author are Diagnostics (diagnostics.h), never an Error.
#pragma once

#include <cerrno>
#include <expected>
#include <string>

namespace tripline {

struct Error {
  std::string operation;  // what was tried: "open", "load program", "parse kernel file"
  std::string object;     // on what: a path, a program or map name; may be empty
  int errnum = 0;         // errno value, 0 when the refusal has none
  std::string detail;     // a sentence for the user; may be empty

  // One line: `operation object: detail (errno text)`.
  [[nodiscard]] std::string text() const;
};

template <typename T>
using Result = std::expected<T, Error>;

// Shorthand for returning an Error from a function that yields a Result.
[[nodiscard]] std::unexpected<Error> fail(std::string operation, std::string object, int errnum,
                                          std::string detail = {});

}  // namespace tripline
