// SPDX-License-Identifier: Apache-2.0
// Random endpoints, and filters on them: from one small pool of addresses and ports, and near misses of what is in it.
#pragma once

#include <string>
#include <vector>

#include "oracle/generate.h"
#include "oracle/oracle.h"

namespace tripline::oracle {

struct NetworkPool {
  std::vector<std::array<uint8_t, 16>> addresses;
  std::vector<uint16_t> numbers;
};

[[nodiscard]] NetworkPool random_network_pool(Random& random);

// What an argument of this type can be: an address has no destination, only a socket has a state, and so on.
[[nodiscard]] Endpoint random_endpoint(Random& random, const NetworkPool& pool, ArgType type);

// A filter that the language allows on an argument of this type.
[[nodiscard]] SocketFilter random_socket_filter(Random& random, const NetworkPool& pool, uint32_t arg,
                                                ArgType type, uint32_t values);

[[nodiscard]] std::string describe_socket(const SocketFilter& filter);

}  // namespace tripline::oracle
