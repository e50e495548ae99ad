// SPDX-License-Identifier: Apache-2.0
#include "kube/fake_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>

namespace tripline::kube {

std::string line_of(const std::string& request) {
  const std::string line = request.substr(0, request.find("\r\n"));
  return line.substr(0, line.rfind(' '));
}

std::string header_of(const std::string& request, std::string_view name) {
  const std::string wanted = "\r\n" + std::string(name) + ": ";
  const size_t at = request.find(wanted);
  if (at == std::string::npos) return {};
  const size_t begin = at + wanted.size();
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

std::string FakePeer::request() {
  std::string& text = left_;
  std::array<char, 65536> piece{};
  while (true) {
    if (const size_t head = text.find("\r\n\r\n"); head != std::string::npos) {
      const std::string length = header_of(text.substr(0, head + 2), "Content-Length");
      const size_t size = head + 4 + (length.empty() ? 0 : std::strtoul(length.c_str(), nullptr, 10));
      if (text.size() >= size) {
        std::string out = text.substr(0, size);
        text.erase(0, size);
        return out;
      }
    }
    const ssize_t got = recv(socket_, piece.data(), piece.size(), 0);
    if (got <= 0) return {};
    text.append(piece.data(), static_cast<size_t>(got));
  }
}

void FakePeer::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void FakePeer::answer(int status, std::string_view body, std::string_view headers) const {
  send("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
       std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
       std::string(body));
}

void FakePeer::begin_stream() const {
  send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
}

void FakePeer::chunk(std::string_view bytes) const {
  std::array<char, 20> size{};
  const int length = snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  send(std::string(size.data(), static_cast<size_t>(length)) + std::string(bytes) + "\r\n");
}

void FakePeer::wait_for_end() const {
  std::array<char, 1024> piece{};
  while (recv(socket_, piece.data(), piece.size(), 0) > 0) {
  }
}

FakeServer::FakeServer(Serve serve)
    : serve_(std::move(serve)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&place), sizeof(place)) != 0 ||
      listen(listener_.get(), 16) != 0)
    std::abort();
  thread_ = std::thread([this] {
    while (!ends_) {
      Fd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer || ends_) return;
      ++connections_;
      const std::scoped_lock lock(mutex_);
      peers_.emplace_back([this, socket = peer.get()] {
        FakePeer served(socket);
        serve_(served);
        shutdown(socket, SHUT_RDWR);
      });
      open_.push_back(std::move(peer));
    }
  });
}

FakeServer::~FakeServer() {
  ends_ = true;
  shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
  for (const Fd& peer : open_) shutdown(peer.get(), SHUT_RDWR);
  for (std::thread& peer : peers_) peer.join();
}

Access FakeServer::access() const {
  sockaddr_in place{};
  socklen_t size = sizeof(place);
  getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&place), &size);
  return {.host = "127.0.0.1", .port = ntohs(place.sin_port), .tls = false};
}

}  // namespace tripline::kube
