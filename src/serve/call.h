// SPDX-License-Identifier: Apache-2.0
// Calls of a gRPC server that sees bytes only: one with one request and one response, and one that streams events. Each
// owns itself and goes when gRPC has done with it.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <string>

#include "serve/api.h"
#include "serve/backend.h"

namespace tripline {

// A request may have this many bytes.
inline constexpr size_t kLargestRequest = 4 << 20;

using Handler = std::function<void(const std::string& request, Reply reply)>;

[[nodiscard]] grpc::ServerGenericBidiReactor* start_unary(Handler handler);
[[nodiscard]] grpc::ServerGenericBidiReactor* start_refusal(const Answer& answer);
[[nodiscard]] grpc::ServerGenericBidiReactor* start_events(const Backend& backend);

[[nodiscard]] grpc::ByteBuffer to_buffer(const std::string& bytes);

}  // namespace tripline
