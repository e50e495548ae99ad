// SPDX-License-Identifier: Apache-2.0
// Internet addresses and networks, as in Kubernetes expressions: no zones, and no IPv4-mapped IPv6 addresses unless
// they are written in hexadecimal; then they are that IPv4 address.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cel/value.h"

namespace tripline::cel {

[[nodiscard]] std::expected<Ip, std::string> read_ip(std::string_view text);
[[nodiscard]] std::expected<Cidr, std::string> read_cidr(std::string_view text);
[[nodiscard]] std::string to_text(const Ip& ip);
[[nodiscard]] std::string to_text(const Cidr& cidr);

}  // namespace tripline::cel
