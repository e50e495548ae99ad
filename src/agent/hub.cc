// SPDX-License-Identifier: Apache-2.0
#include "agent/hub.h"

#include <algorithm>
#include <utility>

namespace tripline {

const std::string& SharedEvent::bytes(Form form, const Encode& encode) const {
  Encoded& encoded = encoded_.at(static_cast<size_t>(form));
  std::call_once(encoded.once, [&] { encoded.bytes = encode(event_); });
  return encoded.bytes;
}

Subscription::Subscription(Hub& hub, uint64_t number, size_t capacity, std::function<void()> wake)
    : hub_(hub), number_(number), capacity_(capacity), wake_(std::move(wake)) {}

Subscription::~Subscription() { hub_.leave(*this); }

std::vector<SharedEventPtr> Subscription::take(size_t most) {
  std::vector<SharedEventPtr> out;
  const std::lock_guard lock(mutex_);
  const auto end = waiting_.begin() + static_cast<ptrdiff_t>(std::min(most, waiting_.size()));
  out.assign(std::move_iterator(waiting_.begin()), std::move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  taken_ += out.size();
  return out;
}

uint64_t Subscription::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

uint64_t Subscription::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

void Subscription::offer(const SharedEventPtr& event) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= capacity_) {
    ++lost_;
    return;
  }
  waiting_.push_back(event);
  has_news_ = true;
}

bool Subscription::take_news() {
  const std::lock_guard lock(mutex_);
  return std::exchange(has_news_, false);
}

std::unique_ptr<Subscription> Hub::subscribe(size_t capacity, std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Subscription> subscription(new Subscription(*this, next_++, capacity, std::move(wake)));
  subscriptions_.push_back(subscription.get());
  return subscription;
}

void Hub::publish(Event event) {
  const std::lock_guard lock(mutex_);
  if (subscriptions_.empty()) return;
  const auto shared = std::make_shared<const SharedEvent>(std::move(event));
  for (Subscription* subscription : subscriptions_) subscription->offer(shared);
}

void Hub::wake() {
  const std::lock_guard lock(mutex_);
  for (Subscription* subscription : subscriptions_) {
    if (subscription->take_news()) subscription->wake_();
  }
}

bool Hub::has_subscribers() const {
  const std::lock_guard lock(mutex_);
  return !subscriptions_.empty();
}

uint64_t Hub::lost() const {
  const std::lock_guard lock(mutex_);
  uint64_t sum = gone_.lost;
  for (const Subscription* subscription : subscriptions_) sum += subscription->lost();
  return sum;
}

std::vector<ReaderCounts> Hub::readers() const {
  const std::lock_guard lock(mutex_);
  std::vector<ReaderCounts> out = {gone_};
  for (const Subscription* subscription : subscriptions_) {
    const std::lock_guard of_it(subscription->mutex_);
    out.push_back(
        {subscription->number_, subscription->waiting_.size(), subscription->taken_, subscription->lost_});
  }
  return out;
}

void Hub::leave(const Subscription& subscription) {
  const std::lock_guard lock(mutex_);
  gone_.taken += subscription.taken();
  gone_.lost += subscription.lost();
  std::erase(subscriptions_, &subscription);
}

}  // namespace tripline
