// SPDX-License-Identifier: Apache-2.0
// Why an address cannot be reached: gRPC's own messages change between versions; this asks the system once more.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "base/fd.h"

namespace tripline {

// A connection to `address`, which is unix://PATH or HOST:PORT. The error is "dial unix /x.sock: connect: no such file or
// directory", "dial tcp 127.0.0.1:1: connect: connection refused", or empty when nothing can be said.
[[nodiscard]] std::expected<Fd, std::string> dial(const std::string& address);

// Only the error; absent when the address can be reached, or when nothing can be said.
[[nodiscard]] std::optional<std::string> dial_error(const std::string& address);

// Of HOST:PORT, without the brackets around an IPv6 address.
[[nodiscard]] std::string host_of(const std::string& address);

}  // namespace tripline
