// SPDX-License-Identifier: Apache-2.0
#include "policy/internet.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace tripline::policy {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kSecureScheme = "https://";
constexpr uint16_t kPort = 80, kSecurePort = 443;
constexpr size_t kLongestLabel = 63;
constexpr size_t kLongestName = 253;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

void put16(std::string& out, uint16_t number) {
  out += static_cast<char>(number >> 8);
  out += static_cast<char>(number & 0xff);
}

}  // namespace

std::optional<HttpUrl> parse_http_url(std::string_view text) {
  const bool secure = text.starts_with(kSecureScheme);
  if ((!secure && !text.starts_with(kScheme)) || !is_printable(text)) return std::nullopt;
  text.remove_prefix(secure ? kSecureScheme.size() : kScheme.size());
  text = text.substr(0, text.find('#'));
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, end);
  HttpUrl url;
  url.secure = secure;
  url.port = secure ? kSecurePort : kPort;
  url.authority = authority;
  url.target = text.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  const bool bracketed = authority.starts_with('[');
  const size_t host_end = bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == std::string_view::npos || authority.find('@') != std::string_view::npos)
    return std::nullopt;
  url.host = bracketed ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
  std::string_view port = authority.substr(host_end + (bracketed ? 1 : 0));
  if (url.host.empty()) return std::nullopt;
  if (port.empty() || port == ":") return url;
  if (port.front() != ':') return std::nullopt;
  port.remove_prefix(1);
  const auto [last, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (error != std::errc{} || last != port.data() + port.size() || url.port == 0) return std::nullopt;
  return url;
}

std::optional<std::string> dns_question(std::string_view name, uint16_t id) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kLongestName || !is_printable(name)) return std::nullopt;
  constexpr uint16_t kRecursionDesired = 0x0100;
  constexpr uint16_t kAddress = 1, kInternet = 1;  // type A, class IN
  std::string out;
  for (const uint16_t word : {id, kRecursionDesired, uint16_t{1}, uint16_t{0}, uint16_t{0}, uint16_t{0}})
    put16(out, word);
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > kLongestLabel) return std::nullopt;
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  out += '\0';
  put16(out, kAddress);
  put16(out, kInternet);
  return out;
}

}  // namespace tripline::policy
