// SPDX-License-Identifier: Apache-2.0
// Internet addresses and networks, as Kubernetes' expressions have them: no zones, and no IPv4 address in the clothes
// of IPv6 unless it is written in hexadecimal; then it is that IPv4 address.
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
