// SPDX-License-Identifier: Apache-2.0
// Server: answers POST requests over TLS, each connection on a thread of its own. Everything is bounded: connections, the
// size of a request, the time for a handshake, for a request and for the next one, and how many bodies are held at once.
// What is no HTTP, too large or too late ends its connection and nothing else.
//
// The certificate is read again when its files change; one that cannot be used is said, and the earlier one stays.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>

#include "base/fd.h"
#include "base/log_line.h"
#include "base/result.h"
#include "kube/connection.h"
#include "kube/http.h"
#include "kube/stop.h"

namespace tripline::webhook {

struct Answered {
  int status = 200;
  std::string type = "application/json";
  std::string body = {};
};

struct Limits {
  size_t connections = 64;
  size_t body = size_t{8} << 20;
  std::chrono::milliseconds handshake{5'000};
  std::chrono::milliseconds request{10'000};  // from its first byte, and for its answer
  std::chrono::milliseconds idle{120'000};    // until the next request
};

class Server {
 public:
  static constexpr std::ptrdiff_t kAtOnce = 4;  // requests under way
  // On the connection's thread.
  using Handler = std::function<Answered(const kube::HttpRequest&)>;
  using Say = std::function<void(const LogLine&)>;

  // Refuses an address that is taken, and a certificate that cannot be used.
  static Result<std::unique_ptr<Server>> open(const std::string& address, std::string certificate,
                                              std::string key, Handler handler, Say say,
                                              std::shared_ptr<const kube::Stop> stop, Limits limits = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Until its Stop is set.
  void run();
  [[nodiscard]] int port() const;

 private:
  Server() = default;
  struct Peer {
    std::thread thread;
    std::atomic<bool> over = false;
  };

  [[nodiscard]] kube::Answer<void> identify();
  void serve(Fd socket, const kube::Identity& identity);
  [[nodiscard]] bool exchange(kube::Connection& connection);
  void end_those_over();

  Fd listener_;
  std::string certificate_;
  std::string key_;
  std::string stamp_;  // of both files as they were read
  std::string troubled_stamp_;
  std::optional<kube::Identity> identity_;
  Handler handler_;
  Say say_;
  std::shared_ptr<const kube::Stop> stop_;
  Limits limits_;
  std::counting_semaphore<> room_{kAtOnce};
  std::list<Peer> peers_;
};

}  // namespace tripline::webhook
