// SPDX-License-Identifier: Apache-2.0
// How to reach the agent, from the flags that all commands with a connection share.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tripline {

struct ChannelOptions {
  std::string address;  // empty: that of the agent on this machine, by its info file, else localhost:54321
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);  // of a whole call, tries included
  int64_t retries = 1;                                          // after a first try that nobody answered
  int max_receive = 10 << 20;                                   // bytes of a message
  std::string certificate, key;                                 // of the client (PEM)
  std::vector<std::string> authorities;                         // that sign the server's certificate (PEM)
  std::string server_name;  // in that certificate; empty: the address's host
  bool skip_verify = false;
};

}  // namespace tripline
