// SPDX-License-Identifier: Apache-2.0
// One exchange over TLS, on a connected non-blocking socket: sends a request, reads the response and discards it.
// Refuses a server whose certificate is not valid for the host or not signed by a trusted authority, and versions
// before TLS 1.2. A response that ends without close_notify is accepted.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tripline {

// Waits until the socket is ready for `events` of poll(2); false when there is no more time.
using WaitFor = std::function<bool(short events)>;

// `authorities`: a file with the certificates that are trusted; empty: those that the system trusts. True when there
// was an answer; no more than `most` bytes of it are read.
[[nodiscard]] bool exchange_over_tls(int socket, const std::string& host, std::string_view request,
                                     const std::string& authorities, size_t most, const WaitFor& wait);

}  // namespace tripline
