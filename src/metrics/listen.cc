// SPDX-License-Identifier: Apache-2.0
#include "metrics/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>

namespace tripline {
namespace {

constexpr int kBacklog = 64;

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

std::optional<uint16_t> port_of(std::string_view text) {
  uint16_t port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault != std::errc() || end != text.data() + text.size()) return {};
  return port;
}

std::optional<Address> parse_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  const auto port = port_of(text.substr(colon + 1));
  if (!port) return {};
  std::string host(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  if (host.empty()) host = "::";
  Address out;
  auto& four = reinterpret_cast<sockaddr_in&>(out.bytes);
  auto& six = reinterpret_cast<sockaddr_in6&>(out.bytes);
  if (inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(*port);
    out.size = sizeof(four);
  } else if (inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(*port);
    out.size = sizeof(six);
  } else {
    return {};
  }
  return out;
}

}  // namespace

Result<Fd> listen_on(const std::string& text) {
  auto address = parse_address(text);
  if (!address) return fail("listen on", text, 0, "it is no address and port");
  constexpr int kType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  Fd out(socket(address->bytes.ss_family, kType, 0));
  if (!out && text.starts_with(':')) {  // all addresses of a machine without IPv6
    address = parse_address("0.0.0.0" + text);
    out = Fd(socket(address->bytes.ss_family, kType, 0));
  }
  if (!out) return fail("listen on", text, errno);
  const int on = 1;
  setsockopt(out.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(out.get(), reinterpret_cast<const sockaddr*>(&address->bytes), address->size) != 0 ||
      listen(out.get(), kBacklog) != 0)
    return fail("listen on", text, errno);
  return out;
}

int bound_port(const Fd& socket) {
  sockaddr_storage bytes{};
  socklen_t size = sizeof(bytes);
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bytes), &size);
  return ntohs(bytes.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(bytes).sin_port
                                          : reinterpret_cast<sockaddr_in6&>(bytes).sin6_port);
}

}  // namespace tripline
