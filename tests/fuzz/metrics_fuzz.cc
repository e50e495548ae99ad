// SPDX-License-Identifier: Apache-2.0
// A caller of /metrics: whatever it sends, in two pieces, it is answered in HTTP or the connection is closed, and the next
// caller is served.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "base/fd.h"
#include "fuzz/input.h"
#include "metrics/http.h"

namespace {

using namespace tripline;
using fuzz::require;

constexpr std::string_view kPage = "page\n";

std::unique_ptr<HttpServer> start() {
  auto server = HttpServer::start("127.0.0.1:0", [](std::string_view path, const std::stop_token&) {
    require(!path.contains('?') && !path.contains('\n'));
    return HttpAnswer{.content_type = "text/plain", .body = std::make_shared<const std::string>(kPage)};
  });
  require(server.has_value());
  return *std::move(server);
}

Fd connected(int port) {
  Fd out(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(setsockopt(out.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
  require(connect(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return out;
}

std::string ask(int port, std::string_view text) {
  const Fd caller = connected(port);
  for (const std::string_view piece : {text.substr(0, text.size() / 2), text.substr(text.size() / 2)})
    (void)send(caller.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
  shutdown(caller.get(), SHUT_WR);
  std::string answer;
  std::array<char, 4096> bytes;
  for (ssize_t size = 1; size > 0;) {
    size = recv(caller.get(), bytes.data(), bytes.size(), 0);
    require(size >= 0 || errno == ECONNRESET);
    answer.append(bytes.data(), static_cast<size_t>(std::max<ssize_t>(size, 0)));
  }
  return answer;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<HttpServer> kServer = start();
  const std::string answer = ask(kServer->port(), fuzz::text_of(data, size));
  require(answer.empty() || answer.starts_with("HTTP/1.1 "));
  static int count = 0;
  if (++count % 16 == 0) require(ask(kServer->port(), "GET /metrics HTTP/1.1\r\n\r\n").ends_with(kPage));
  return 0;
}
