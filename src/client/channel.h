// SPDX-License-Identifier: Apache-2.0
// A connection to an agent: API calls with a timeout and retries, and event streams.
//
// Failures have the wording that scripts around this client expect: `rpc error: code = Unavailable desc = ...`.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/channel_options.h"

namespace google::protobuf {
class Message;
}
namespace tetragon {
class GetEventsRequest;
class GetEventsResponse;
}  // namespace tetragon

namespace tripline {

class Channel {
 public:
  // The error is one of the options, before anything is contacted.
  static std::expected<Channel, std::string> open(const ChannelOptions& options);
  Channel(Channel&&) noexcept;
  Channel& operator=(Channel&&) noexcept;
  ~Channel();

  // `method` without the service: "GetVersion"; "EventLogService/GetEventLogParams" names another one,
  // "runtime.v1.RuntimeService/Version" one of another package.
  [[nodiscard]] std::expected<void, std::string> call(std::string_view method,
                                                      const google::protobuf::Message& request,
                                                      google::protobuf::Message& response);

  // Hands each event to `take` until that returns false, or the stream ends: then the error says how. It lasts `limit` at
  // most, when there is one. `why`: events are to come with it (src/serve/why.h).
  using Take = std::function<bool(const tetragon::GetEventsResponse&)>;
  [[nodiscard]] std::expected<void, std::string> events(const tetragon::GetEventsRequest& request,
                                                        const Take& take,
                                                        std::optional<std::chrono::nanoseconds> limit = {},
                                                        bool why = false);
  // Ends a stream that another thread reads.
  void cancel_events();

 private:
  struct Impl;
  explicit Channel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Where an agent on this machine serves: "unix:///..." of its info file; empty when it has none.
[[nodiscard]] std::string local_address(const std::string& info_file);

}  // namespace tripline
