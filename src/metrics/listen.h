// SPDX-License-Identifier: Apache-2.0
// A socket that listens. No names are looked up: an address is a number, `localhost`, or nothing for all addresses of the
// machine.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace tripline {

// `text`: "ADDRESS:PORT". It does not block.
[[nodiscard]] Result<Fd> listen_on(const std::string& text);
[[nodiscard]] int bound_port(const Fd& socket);

}  // namespace tripline
