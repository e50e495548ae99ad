// SPDX-License-Identifier: Apache-2.0
// Server: the API on its listeners. Requests come in as bytes and are looked up by name, so that unknown methods get
// the answers clients expect, and a streamed event goes out as the bytes made once for all readers.
//
// A reader that does not read loses the events beyond its queue; other readers are not affected.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "pods/pod.h"
#include "serve/backend.h"

namespace tripline {

struct TlsFiles {
  std::string certificate;
  std::string key;
  std::vector<std::string> client_ca;  // not empty: clients must have a certificate of one of these
};

struct ServerOptions {
  std::string address;  // "HOST:PORT", or "unix://PATH"; empty: none
  std::string socket;   // path of a socket besides, in plain text; empty: none
  std::optional<TlsFiles> tls;
};

class Server {
 public:
  // The backend must outlive it.
  static Result<std::unique_ptr<Server>> start(const Backend& backend, const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Of the first listener; 0 when that has none. Tells which one "HOST:0" became.
  [[nodiscard]] int port() const;
  // Of the node, which events show from now on.
  void set_labels(const Labels& labels);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The health service on a port of its own: "liveness", and the server as a whole.
class HealthServer {
 public:
  static Result<std::unique_ptr<HealthServer>> start(const std::string& address);
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;
  [[nodiscard]] int port() const;

 private:
  class Impl;
  explicit HealthServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tripline
