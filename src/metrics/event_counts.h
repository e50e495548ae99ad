// SPDX-License-Identifier: Apache-2.0
// Counts of events, with the labels of their processes: those of the host together, and those of each pod
// (event_series.h), which are dropped a while after the pod is gone. The thread that makes events counts them and
// reports pods; any other thread can read meanwhile.
//
// The number of series, and of pods that have their own, is limited; events of all other pods are counted under the
// pod `_other`.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "event/event.h"
#include "metrics/event_series.h"
#include "metrics/grow_only.h"
#include "metrics/page.h"

namespace tripline {

// Which labels of processes tell anything; the others are empty.
struct ProcessLabels {
  bool binary = true;
  bool node_name = false;
  bool name_space = true;
  bool workload = true;
  bool pod = true;
};

class EventCounts {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kPods = 512;
  static constexpr std::chrono::minutes kLinger{1};

  EventCounts(ProcessLabels labels, std::string node);
  EventCounts(const EventCounts&) = delete;
  EventCounts& operator=(const EventCounts&) = delete;

  void add(const Event& event);
  // The pod is there, or has gone. Its series go with it, kLinger later; so do those that late events of it begin.
  void pod_is_there(std::string_view name_space, std::string_view pod);
  void pod_has_gone(std::string_view name_space, std::string_view pod, Clock::time_point now);
  void forget_gone(Clock::time_point now);
  // From any thread.
  void show(Page& page) const;

 private:
  static constexpr size_t kFlags = 64;
  static constexpr size_t kSingleFlags = 32;  // of those, for what has one flag: more than there are
  static constexpr size_t kForgotten = 1024;
  // What flags the image of an exec has, together.
  struct Flags {
    std::string text;
    Count events;
  };
  struct PodName {
    std::string name_space;
    std::string pod;
    bool operator==(const PodName&) const = default;
  };
  struct Gone {
    PodName name;
    Clock::time_point until;
  };

  EventSeries& series_of(const Process* process);
  EventSeries& begin_series(const PodView& pod, SeriesLabels labels);
  void forget(const PodName& gone);
  void add_flags(std::string_view flags);
  void show_flags(Page& page) const;

  const ProcessLabels labels_;
  const std::string node_;
  SeriesRoom room_;
  EventSeries host_;
  mutable std::mutex mutex_;                        // of the list, not of what is in it
  std::vector<std::shared_ptr<EventSeries>> pods_;  // changed by the thread that counts alone
  std::unordered_map<std::string, EventSeries*> places_;
  const EventSeries* rest_ = nullptr;  // of the pods that have none of their own
  std::pair<PodViewPtr, EventSeries*> recent_;
  std::deque<Gone> gone_;
  std::deque<PodName>
      forgotten_;            // the oldest first; late events of theirs begin series that nobody would end
  Clock::time_point now_{};  // of the last forget_gone()
  CountTable joined_;        // functions whose entry and return were joined
  TableRoom joined_room_;
  GrowOnly<Flags, kFlags> flags_;
  Count unknown_;
  Count other_;
  Count throttled_;
  Count unthrottled_;
};

}  // namespace tripline
