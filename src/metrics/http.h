// SPDX-License-Identifier: Apache-2.0
// Answers HTTP GET and HEAD, one request per connection, on a thread of its own. A slow client blocks nobody and is
// disconnected after some seconds. Connections beyond kConnections wait, but not for those that ask for nothing.
//
// No names are looked up: an address is a number, `localhost`, or nothing for all addresses of the machine.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "base/fd.h"
#include "base/result.h"

namespace tripline {

struct HttpAnswer {
  int status = 200;
  std::string content_type;
  std::shared_ptr<const std::string> body;
};

class HttpServer {
 public:
  static constexpr size_t kConnections = 16;
  // Makes the answer to a request for `path`, on the server's thread. It is to return soon when it is asked to stop.
  using Handler = std::function<HttpAnswer(std::string_view path, const std::stop_token& stop)>;

  // `address`: "ADDRESS:PORT".
  static Result<std::unique_ptr<HttpServer>> start(const std::string& address, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] int port() const { return port_; }

 private:
  HttpServer(Fd listener, Fd bell, int port, Handler handler);
  void serve(const std::stop_token& stop);

  Fd listener_;
  Fd bell_;  // readable when it is to stop
  int port_;
  Handler handler_;
  std::jthread thread_;  // goes first
};

}  // namespace tripline
