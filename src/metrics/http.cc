// SPDX-License-Identifier: Apache-2.0
#include "metrics/http.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "metrics/listen.h"

namespace tripline {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{10};  // for a request and its answer
constexpr std::chrono::seconds kFirst{1};      // for a request while others want in
constexpr size_t kLongestRequest = 16 << 10;

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Bad Request";
  }
}

HttpAnswer refusal(int status) {
  std::string text = std::to_string(status) + " ";
  text.append(reason_of(status)).append("\n");
  return {status, "text/plain; charset=utf-8", std::make_shared<const std::string>(std::move(text))};
}

struct Connection {
  Fd socket;
  Clock::time_point until;
  Clock::time_point yields;  // from then on to others that want in, while it has not asked for anything
  std::string request;
  std::string head;  // of the answer; empty: there is none yet
  std::shared_ptr<const std::string> body;
  size_t sent = 0;  // of the two
};

void set_answer(Connection& connection, HttpAnswer answer, bool with_body = true) {
  connection.head = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  connection.head.append(reason_of(answer.status));
  connection.head += "\r\nContent-Type: " + answer.content_type +
                     "\r\nContent-Length: " + std::to_string(answer.body->size()) +
                     "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  if (with_body) connection.body = std::move(answer.body);
}

// The first of those that have not asked for anything; connections are in the order in which they came.
std::list<Connection>::const_iterator first_idle(const std::list<Connection>& connections) {
  return std::ranges::find_if(connections, [](const Connection& each) { return each.head.empty(); });
}

// "GET /metrics?x HTTP/1.1"
void answer_request(Connection& connection, const HttpServer::Handler& handler, const std::stop_token& stop) {
  const std::string_view line =
      std::string_view(connection.request).substr(0, connection.request.find("\r\n"));
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !line.substr(last + 1).starts_with("HTTP/1."))
    return set_answer(connection, refusal(400));
  const std::string_view method = line.substr(0, first);
  std::string_view path = line.substr(first + 1, last - first - 1);
  path = path.substr(0, path.find('?'));
  if (std::ranges::any_of(path, [](unsigned char c) { return c <= ' ' || c == '\x7f'; }))
    return set_answer(connection, refusal(400));
  if (method != "GET" && method != "HEAD") return set_answer(connection, refusal(405));
  set_answer(connection, handler(path, stop), method == "GET");
}

// False when the connection is over.
bool receive(Connection& connection, const HttpServer::Handler& handler, const std::stop_token& stop) {
  std::array<char, 4096> bytes;
  const ssize_t size = recv(connection.socket.get(), bytes.data(), bytes.size(), 0);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  connection.request.append(bytes.data(), static_cast<size_t>(size));
  if (connection.request.contains("\r\n\r\n")) {
    answer_request(connection, handler, stop);
  } else if (connection.request.size() > kLongestRequest) {
    set_answer(connection, refusal(431));
  }
  return true;
}

// Likewise, also when all was sent.
bool send_on(Connection& connection) {
  for (;;) {
    const size_t head = connection.head.size();
    std::string_view rest;
    if (connection.sent < head) {
      rest = std::string_view(connection.head).substr(connection.sent);
    } else if (connection.body) {
      rest = std::string_view(*connection.body).substr(connection.sent - head);
    }
    if (rest.empty()) {
      shutdown(connection.socket.get(), SHUT_WR);
      return false;
    }
    const ssize_t size = send(connection.socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    connection.sent += static_cast<size_t>(size);
  }
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const std::string& address, Handler handler) {
  Result<Fd> listener = listen_on(address);
  if (!listener) return std::unexpected(listener.error());
  Fd bell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell) return fail("listen on", address, errno);
  const int port = bound_port(*listener);
  return std::unique_ptr<HttpServer>(
      new HttpServer(*std::move(listener), std::move(bell), port, std::move(handler)));
}

HttpServer::HttpServer(Fd listener, Fd bell, int port, Handler handler)
    : listener_(std::move(listener)),
      bell_(std::move(bell)),
      port_(port),
      handler_(std::move(handler)),
      thread_([this](const std::stop_token& stop) { serve(stop); }) {}

HttpServer::~HttpServer() {
  thread_.request_stop();
  const uint64_t one = 1;
  (void)!write(bell_.get(), &one, sizeof(one));
}

void HttpServer::serve(const std::stop_token& stop) {
  std::list<Connection> connections;
  while (!stop.stop_requested()) {
    std::vector<pollfd> polled = {{bell_.get(), POLLIN, 0}};
    const auto idle = first_idle(connections);
    const bool has_room =
        connections.size() < kConnections || (idle != connections.end() && Clock::now() >= idle->yields);
    polled.push_back({has_room ? listener_.get() : -1, POLLIN, 0});
    auto until = has_room || idle == connections.end() ? Clock::time_point::max() : idle->yields;
    for (const Connection& each : connections) {
      polled.push_back({each.socket.get(), static_cast<short>(each.head.empty() ? POLLIN : POLLOUT), 0});
      until = std::min(until, each.until);
    }
    int wait = -1;
    if (!connections.empty()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
      wait = static_cast<int>(std::max<int64_t>(left, 0));
    }
    if (poll(polled.data(), polled.size(), wait) < 0 && errno != EINTR) return;
    auto seen = polled.begin() + 2;
    const auto now = Clock::now();
    std::erase_if(connections, [&](Connection& each) {
      const bool is_ready = (seen++)->revents != 0;
      if (is_ready && each.head.empty() && !receive(each, handler_, stop)) return true;
      if (!each.head.empty() && !send_on(each)) return true;
      return now >= each.until;
    });
    if (polled[1].revents == 0) continue;
    Fd accepted(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (accepted) {
      const auto yields = first_idle(connections);
      if (connections.size() >= kConnections && yields != connections.end()) connections.erase(yields);
      connections.push_back(
          {.socket = std::move(accepted), .until = now + kPatience, .yields = now + kFirst});
    } else if (errno == EMFILE || errno == ENFILE) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // what cannot be accepted stays readable
    }
  }
}

}  // namespace tripline
