// SPDX-License-Identifier: Apache-2.0
// NetworkActions: performs the network requests of events (Request): an HTTP GET, or a DNS query for the addresses of
// a name. Responses are discarded.
//
// Requests run one after the other, in a thread of their own that starts with the first; each takes a few seconds at
// most. A request that arrives while kWaiting are queued is dropped, and counted: a hook that is hit a million times
// makes a million requests. The destructor waits a moment for those still queued.
#pragma once

#include <netinet/in.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "base/fd.h"
#include "event/event.h"

namespace tripline {

struct NetworkOptions {
  sockaddr_in resolver;                     // asked by kDnsLookup
  std::chrono::milliseconds timeout{5000};  // of one request
  std::chrono::milliseconds grace{1000};    // for those that wait at the end
  std::string authorities;  // a file with the certificates that https trusts; empty: the system's

  NetworkOptions();  // resolver 1.1.1.1:53
};

struct NetworkCounts {
  uint64_t done = 0;
  uint64_t failed = 0;   // no answer, or it cannot be asked
  uint64_t dropped = 0;  // too many were waiting
};

class NetworkActions {
 public:
  static constexpr size_t kWaiting = 256;

  explicit NetworkActions(NetworkOptions options = {});
  NetworkActions(const NetworkActions&) = delete;
  NetworkActions& operator=(const NetworkActions&) = delete;
  ~NetworkActions();

  void add(const Request& request);

  [[nodiscard]] NetworkCounts counts() const { return {done_, failed_, dropped_}; }

 private:
  void work();
  [[nodiscard]] bool perform(const Request& request) const;

  NetworkOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> waiting_;
  uint64_t accepted_ = 0;
  bool ending_ = false;
  std::atomic<uint64_t> done_ = 0, failed_ = 0, dropped_ = 0;
  Fd stop_;  // readable: the thread must not wait for the network any more
  std::thread thread_;
};

}  // namespace tripline
