// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/fd.h"

namespace tripline {
namespace {

std::optional<int64_t> number_of(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return {};
  int64_t number = 0;
  const char* end = text + std::strlen(text);
  const auto [rest, problem] = std::from_chars(text, end, number);
  if (problem != std::errc() || rest != end) return {};
  return number;
}

}  // namespace

Notifier::Notifier() {
  if (const char* socket = std::getenv("NOTIFY_SOCKET"); socket != nullptr) socket_ = socket;
  const auto period = number_of("WATCHDOG_USEC");
  const auto pid = number_of("WATCHDOG_PID");
  if (period && *period > 0 && (!pid || *pid == getpid()))
    interval_ = std::chrono::milliseconds(std::max<int64_t>(*period / 2000, 1));
}

void Notifier::alive(std::chrono::steady_clock::time_point now) {
  if (!interval_ || now - last_ < *interval_ / 2) return;
  last_ = now;
  send("WATCHDOG=1");
}

void Notifier::send(std::string_view message) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::ranges::copy(socket_, address.sun_path);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace tripline
