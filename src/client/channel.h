// SPDX-License-Identifier: Apache-2.0
// A connection to an agent: calls of its API with a time limit and tries, and streams of its events.
//
// Failures are told in the words that scripts around this client know: `rpc error: code = Unavailable desc = ...`.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace google::protobuf {
class Message;
}
namespace tetragon {
class GetEventsRequest;
class GetEventsResponse;
}  // namespace tetragon

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
  // most, when there is one.
  using Take = std::function<bool(const tetragon::GetEventsResponse&)>;
  [[nodiscard]] std::expected<void, std::string> events(const tetragon::GetEventsRequest& request,
                                                        const Take& take,
                                                        std::optional<std::chrono::nanoseconds> limit = {});
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
