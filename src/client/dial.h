// SPDX-License-Identifier: Apache-2.0
// Why an address cannot be reached: gRPC tells it in words of its own, which change; this asks the system once more.
#pragma once

#include <optional>
#include <string>

namespace tripline {

// "dial unix /x.sock: connect: no such file or directory", "dial tcp 127.0.0.1:1: connect: connection refused"; absent
// when it can be reached, or when nothing can be said. `address` is unix://PATH or HOST:PORT.
[[nodiscard]] std::optional<std::string> dial_error(const std::string& address);

}  // namespace tripline
