// SPDX-License-Identifier: Apache-2.0
// Calls of a gRPC server that handles only bytes: one with one request and one response, and one that streams
// events. Each owns itself and is deleted when gRPC has finished with it.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <mutex>
#include <string>

#include "serve/api.h"
#include "serve/backend.h"
#include "serve/encode.h"

namespace tripline {

// A request may have this many bytes.
inline constexpr size_t kLargestRequest = 4 << 20;

using Handler = std::function<void(const std::string& request, Reply reply)>;

[[nodiscard]] grpc::ServerGenericBidiReactor* start_unary(Handler handler);
[[nodiscard]] grpc::ServerGenericBidiReactor* start_refusal(const Answer& answer);
// One encoder for all streams, for the bytes are made once.
class SharedEncoder {
 public:
  explicit SharedEncoder(const Node& node) : encoder_(node) {}
  void set_labels(const Labels& labels) {
    const std::lock_guard lock(mutex_);
    encoder_.set_labels(labels);
  }
  [[nodiscard]] std::string encode(const Event& event) {
    const std::lock_guard lock(mutex_);
    return encoder_.encode(event);
  }

 private:
  std::mutex mutex_;
  EventEncoder encoder_;
};

// `why`: each event comes with it (why.h).
[[nodiscard]] grpc::ServerGenericBidiReactor* start_events(const Backend& backend, SharedEncoder& encoder,
                                                           bool why);

[[nodiscard]] grpc::ByteBuffer to_buffer(const std::string& bytes);
[[nodiscard]] std::string to_bytes(const grpc::ByteBuffer& buffer);

}  // namespace tripline
