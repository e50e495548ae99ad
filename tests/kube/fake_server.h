// SPDX-License-Identifier: Apache-2.0
// An API server that does as it is told: each connection is served by a function of the test's. Plain HTTP on the
// loopback. A connection has a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "kube/access.h"

namespace tripline::kube {

class FakePeer {
 public:
  explicit FakePeer(int socket) : socket_(socket) {}
  // All of the next request, with its body; empty when the client is gone.
  std::string request();
  void send(std::string_view bytes) const;
  // An answer with Content-Length.
  void answer(int status, std::string_view body, std::string_view headers = "") const;
  // The head of a watch, and a chunk of it.
  void begin_stream() const;
  void chunk(std::string_view bytes) const;
  void end_stream() const { send("0\r\n\r\n"); }
  // Until the client has gone.
  void wait_for_end() const;

 private:
  int socket_;
  std::string left_;
};

class FakeServer {
 public:
  using Serve = std::function<void(FakePeer&)>;

  explicit FakeServer(Serve serve);
  ~FakeServer();

  [[nodiscard]] Access access() const;
  [[nodiscard]] int connections() const { return connections_; }

 private:
  Serve serve_;
  Fd listener_;
  std::mutex mutex_;
  std::vector<Fd> open_;  // sockets of all connections
  std::vector<std::thread> peers_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

// `METHOD PATH` of a request.
std::string line_of(const std::string& request);
// The value of a header; empty when there is none.
std::string header_of(const std::string& request, std::string_view name);

}  // namespace tripline::kube
