// SPDX-License-Identifier: Apache-2.0
// Hub: hands each event to everyone who subscribed. The loop publishes; subscribers take events on threads of their own.
// A slow subscriber loses only its own events, which are counted; it never holds up the loop or another
// subscriber.
//
// An event is encoded once in each form, by whoever needs that form first, however many subscribers send it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "event/event.h"

namespace tripline {

// An event as all its subscribers share it.
class SharedEvent {
 public:
  enum class Form : uint8_t { kJson, kMessage };
  using Encode = std::function<std::string(const Event&)>;

  explicit SharedEvent(Event event) : event_(std::move(event)) {}
  [[nodiscard]] const Event& event() const { return event_; }
  // Its bytes in `form`, which `encode` makes if nobody has asked for them yet. From any thread.
  [[nodiscard]] const std::string& bytes(Form form, const Encode& encode) const;

 private:
  struct Encoded {
    std::once_flag once;
    std::string bytes;
  };
  Event event_;
  mutable std::array<Encoded, 2> encoded_;
};
using SharedEventPtr = std::shared_ptr<const SharedEvent>;

// How a subscriber keeps up.
struct ReaderCounts {
  uint64_t number = 0;  // no other one has had it; 0: all that are gone together
  uint64_t waiting = 0;
  uint64_t taken = 0;
  uint64_t lost = 0;
  bool operator==(const ReaderCounts&) const = default;
};

class Hub;

// The events of one subscriber that it has not taken yet. It must not outlive the hub.
class Subscription {
 public:
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // At most `most` events, oldest first; empty when there are none. From any thread, one at a time.
  [[nodiscard]] std::vector<SharedEventPtr> take(size_t most);
  // Events that were taken.
  [[nodiscard]] uint64_t taken() const;
  // Events that found the queue full.
  [[nodiscard]] uint64_t lost() const;

 private:
  friend class Hub;
  Subscription(Hub& hub, uint64_t number, size_t capacity, std::function<void()> wake);
  void offer(const SharedEventPtr& event);
  [[nodiscard]] bool take_news();

  Hub& hub_;
  const uint64_t number_;
  const size_t capacity_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::deque<SharedEventPtr> waiting_;
  uint64_t taken_ = 0;
  uint64_t lost_ = 0;
  bool has_news_ = false;  // since the hub woke it
};

class Hub {
 public:
  // What is published from now on, until the subscription is destroyed. At most `capacity` events wait for it. `wake` is
  // called by wake(); it must return at once, and must neither subscribe nor end a subscription.
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(size_t capacity, std::function<void()> wake);
  void publish(Event event);
  // Wakes those for whom something was published since: once for all events of a round.
  void wake();
  // Would anyone get an event that is published now? If not, it need not be made.
  [[nodiscard]] bool has_subscribers() const;
  // Events that were lost by all subscribers, those that are gone included.
  [[nodiscard]] uint64_t lost() const;
  // Those that are gone first.
  [[nodiscard]] std::vector<ReaderCounts> readers() const;

 private:
  friend class Subscription;
  void leave(const Subscription& subscription);

  mutable std::mutex mutex_;
  std::vector<Subscription*> subscriptions_;
  ReaderCounts gone_;
  uint64_t next_ = 1;
};

}  // namespace tripline
