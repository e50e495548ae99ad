// SPDX-License-Identifier: Apache-2.0
// Notifies a service manager that the daemon is ready, stopping, or still alive, as sd_notify of libsystemd does,
// which cannot be linked statically. Without a service manager nothing is done.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tripline {

class Notifier {
 public:
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of the environment.
  Notifier();

  void ready() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  // To be called about as often as the loop goes round; sends no more often than is needed.
  void alive(std::chrono::steady_clock::time_point now);
  // The longest time between two calls of alive().
  [[nodiscard]] std::optional<std::chrono::milliseconds> interval() const { return interval_; }

 private:
  void send(std::string_view message) const;

  std::string socket_;  // empty: none
  std::optional<std::chrono::milliseconds> interval_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace tripline
