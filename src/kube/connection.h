// SPDX-License-Identifier: Apache-2.0
// Connection: bytes to and from the API server, normally over TLS; or from it, when it is the server that asks.
// Everything has a deadline and ends when we are stopped. The kernel notices within a minute when a peer disappears.
//
// Note: host names are looked up by the C library, which supports neither deadline nor stop. In a pod the server is
// given as an address.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/fd.h"
#include "kube/access.h"
#include "kube/failure.h"
#include "kube/stop.h"

namespace tripline::kube {

// Who we are to those that connect to us: a certificate and its key, read once.
class Identity {
 public:
  // Refuses a key that is not the certificate's.
  static Answer<Identity> read(const Secret& certificate, const Secret& key);

 private:
  friend class Connection;
  std::shared_ptr<void> context_;
};

class Connection {
 public:
  // Refuses a server whose certificate is not for its name, or is of no authority that counts, and versions before
  // TLS 1.2.
  static Answer<std::unique_ptr<Connection>> open(const Access& access, Deadline deadline, const Stop& stop);

  // With whoever has connected. `socket` does not block.
  static Answer<std::unique_ptr<Connection>> accept(Fd socket, const Identity& identity, Deadline deadline,
                                                    const Stop& stop);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  [[nodiscard]] Answer<void> write(std::string_view bytes, Deadline deadline, const Stop& stop);
  // What has come, at least a byte; 0 when the other side has closed.
  [[nodiscard]] Answer<size_t> read(std::span<char> into, Deadline deadline, const Stop& stop);
  // Nothing has come that nobody asked for: neither an end nor bytes.
  [[nodiscard]] bool is_quiet() const;

 private:
  struct Parts;
  explicit Connection(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tripline::kube
