// SPDX-License-Identifier: Apache-2.0
// WaitingEvents: events of containers whose pods are not known yet. An event waits until its pod is known or its
// time is up; all later events of its process wait behind it, so that each process's events stay in order. Events of
// other processes do not wait. None is lost: an event that has waited long enough is sent as it is, and so is the
// oldest when there are too many.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>
#include <variant>

#include "event/event.h"

namespace tripline {

struct WaitOptions {
  int64_t retries = 0;  // 0: no event waits
  std::chrono::nanoseconds delay{0};
  size_t most = 16384;  // events that wait
};

struct WaitCounts {
  uint64_t inserts = 0;
  uint64_t retries = 0;
  std::array<uint64_t, std::variant_size_v<Payload>> failures{};  // went out without their pod, by kind
  size_t waiting = 0;
};

class WaitingEvents {
 public:
  using Clock = std::chrono::steady_clock;
  // Gives the event its pod, if that is known by now. True when it is, or there is none to be had.
  using Complete = std::function<bool(Event&)>;
  // Does what can still be done for an event that goes out without it.
  using GiveUp = std::function<void(Event&)>;
  using Sink = std::function<void(const Event&)>;

  WaitingEvents(WaitOptions options, Complete complete, GiveUp give_up, Sink sink);

  // There is no reason for the event to wait: asked of every event.
  [[nodiscard]] bool passes(const Event& event) const {
    const Process* const process = event.process.process.get();
    return waiting_.empty() &&
           (options_.retries <= 0 || process == nullptr || process->docker.empty() || process->pod);
  }
  // Sends the event, or keeps it.
  void take(Event& event, Clock::time_point now);
  // Tries those that wait, when it is time to or `news` says that pods have become known.
  void round(Clock::time_point now, bool news);
  // Sends all, and from now on none waits.
  void flush();
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] WaitCounts counts() const;

 private:
  struct Waiting {
    Event event;
    Clock::time_point until;
  };
  void send(Waiting& waiting, bool complete);
  void send_oldest();

  WaitOptions options_;
  Complete complete_;
  GiveUp give_up_;
  Sink sink_;
  std::deque<Waiting> waiting_;                  // oldest first
  std::unordered_map<uint32_t, size_t> of_pid_;  // how many of them
  Clock::time_point next_{};
  WaitCounts counts_;
};

}  // namespace tripline
