// SPDX-License-Identifier: Apache-2.0
// The targets of the actions GetUrl and DnsLookup, and the requests made for them. Refuses anything but http:// and
// https:// URLs of RFC 3986 without user and password, and names that do not fit in a DNS message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripline::policy {

struct HttpUrl {
  std::string host;  // a name or an address; of IPv6 without its brackets
  uint16_t port = 80;
  std::string authority;  // host and port as written
  std::string target;     // path and query; never empty
  bool secure = false;    // https
  bool operator==(const HttpUrl&) const = default;
};

[[nodiscard]] std::optional<HttpUrl> parse_http_url(std::string_view text);

// The message that asks for the IPv4 addresses of `name`.
[[nodiscard]] std::optional<std::string> dns_question(std::string_view name, uint16_t id);

}  // namespace tripline::policy
