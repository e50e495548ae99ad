// SPDX-License-Identifier: Apache-2.0
#include "client/dial.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace tripline {
namespace {

constexpr std::string_view kUnix = "unix://";

// As Go writes errors of the system: the text of strerror in lower case.
std::string error_text(int number) {
  std::string text = std::strerror(number);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

using Dialled = std::expected<Fd, std::string>;

Dialled try_to_connect(const sockaddr* address, socklen_t length, const std::string& name) {
  Fd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected("");
  if (connect(socket.get(), address, length) == 0) return socket;
  return std::unexpected("dial " + name + ": connect: " + error_text(errno));
}

Dialled dial_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path))
    return std::unexpected("dial unix " + path + ": connect: invalid argument");
  std::ranges::copy(path, address.sun_path);
  return try_to_connect(reinterpret_cast<const sockaddr*>(&address), sizeof(address), "unix " + path);
}

std::string endpoint(const addrinfo& info, const std::string& port) {
  std::array<char, NI_MAXHOST> host{};
  getnameinfo(info.ai_addr, info.ai_addrlen, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
  const std::string text = host.data();
  return (info.ai_family == AF_INET6 ? "[" + text + "]" : text) + ":" + port;
}

Dialled dial_tcp(const std::string& host, const std::string& port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &wanted, &list) != 0)
    return std::unexpected("dial tcp: lookup " + host + ": no such host");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(list, freeaddrinfo);
  std::string problem;  // of the last one tried, which is an IPv4 address where there is one
  for (const bool v4 : {false, true}) {
    for (const addrinfo* each = found.get(); each != nullptr; each = each->ai_next) {
      if ((each->ai_family == AF_INET) != v4) continue;
      Dialled here = try_to_connect(each->ai_addr, each->ai_addrlen, "tcp " + endpoint(*each, port));
      if (here) return here;
      problem = std::move(here.error());
    }
  }
  return std::unexpected(problem);
}

}  // namespace

std::string host_of(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

std::expected<Fd, std::string> dial(const std::string& address) {
  if (address.starts_with(kUnix)) return dial_unix(address.substr(kUnix.size()));
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return std::unexpected("");
  return dial_tcp(host_of(address), address.substr(colon + 1));
}

std::optional<std::string> dial_error(const std::string& address) {
  Dialled dialled = dial(address);
  if (dialled || dialled.error().empty()) return {};
  return std::move(dialled.error());
}

}  // namespace tripline
