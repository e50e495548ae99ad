// SPDX-License-Identifier: Apache-2.0
// Why a TLS connection failed: gRPC reports only that it did. This repeats the handshake and looks for the cause, in
// the order and words of Go's library, which scripts expect.
#pragma once

#include <optional>
#include <string>

#include "client/channel_options.h"

namespace tripline {

// "transport: authentication handshake failed: tls: failed to verify certificate: ...", "error reading server preface:
// remote error: tls: certificate required"; absent when nothing is wrong, or when nobody listens at `address` (HOST:PORT).
[[nodiscard]] std::optional<std::string> handshake_error(const ChannelOptions& options,
                                                         const std::string& address);

}  // namespace tripline
