// SPDX-License-Identifier: Apache-2.0
// Failure: why a request to the API server failed. Either there was no response, or it was a refusal, which has the
// status and, if the body was a Status object, its reason and message.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace tripline::kube {

struct Failure {
  enum class Kind : uint8_t {
    kUnreachable,  // no connection, or it broke
    kLate,         // no answer in time
    kMalformed,    // an answer that cannot be read, or is too large
    kRefused,      // the server answered: `code`
    kStopped,      // we were told to end
  };

  Kind kind = Kind::kUnreachable;
  int code = 0;             // the status of HTTP, or that of the Status object
  std::string reason = {};  // "NotFound"; empty when the body was no Status
  std::string message = {};
  std::optional<std::chrono::seconds> retry_after = {};

  [[nodiscard]] bool is(int status) const { return kind == Kind::kRefused && code == status; }
  // One line: `403 Forbidden: pods is forbidden: User "x" cannot list ...`.
  [[nodiscard]] std::string text() const;
};

template <typename T>
using Answer = std::expected<T, Failure>;

[[nodiscard]] inline std::unexpected<Failure> failed(Failure::Kind kind, std::string message) {
  return std::unexpected(Failure{.kind = kind, .message = std::move(message)});
}

// The refusal that an answer with `code` is. `body` is a Status object as a rule, and whatever else it is.
[[nodiscard]] Failure refusal_of(int code, std::string_view body);

}  // namespace tripline::kube
