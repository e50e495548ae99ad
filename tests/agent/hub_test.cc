// SPDX-License-Identifier: Apache-2.0
#include "agent/hub.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tripline {
namespace {

Event event_at(int64_t time) {
  Event event;
  event.time = time;
  return event;
}

std::vector<int64_t> times(const std::vector<SharedEventPtr>& events) {
  std::vector<int64_t> out;
  for (const SharedEventPtr& event : events) out.push_back(event->event().time);
  return out;
}

TEST(HubTest, EachSubscriberGetsEveryEventInOrder) {
  Hub hub;
  const auto first = hub.subscribe(10, [] {});
  hub.publish(event_at(1));
  const auto second = hub.subscribe(10, [] {});
  hub.publish(event_at(2));
  hub.publish(event_at(3));
  EXPECT_EQ(times(first->take(2)), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(times(first->take(2)), (std::vector<int64_t>{3}));
  EXPECT_TRUE(first->take(2).empty());
  EXPECT_EQ(times(second->take(10)), (std::vector<int64_t>{2, 3}));
}

TEST(HubTest, ASlowSubscriberLosesItsOwnEventsAlone) {
  Hub hub;
  auto slow = hub.subscribe(2, [] {});
  const auto fast = hub.subscribe(10, [] {});
  for (int64_t time = 1; time <= 5; ++time) hub.publish(event_at(time));
  EXPECT_EQ(slow->lost(), 3U);
  EXPECT_EQ(fast->lost(), 0U);
  EXPECT_EQ(times(slow->take(10)), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(times(fast->take(10)).size(), 5U);
  hub.publish(event_at(6));
  EXPECT_EQ(times(slow->take(10)), (std::vector<int64_t>{6}));
  EXPECT_EQ(hub.lost(), 3U);
  slow.reset();
  EXPECT_EQ(hub.lost(), 3U) << "what a subscriber lost is counted after it has gone";
}

TEST(HubTest, TellsHowEachReaderKeepsUp) {
  Hub hub;
  auto slow = hub.subscribe(2, [] {});
  const auto fast = hub.subscribe(10, [] {});
  for (int64_t time = 1; time <= 5; ++time) hub.publish(event_at(time));
  (void)slow->take(1);
  (void)fast->take(10);
  EXPECT_EQ(hub.readers(), (std::vector<ReaderCounts>{{0, 0, 0, 0}, {1, 1, 1, 3}, {2, 0, 5, 0}}));
  slow.reset();
  EXPECT_EQ(hub.readers(), (std::vector<ReaderCounts>{{0, 0, 1, 3}, {2, 0, 5, 0}}));
}

TEST(HubTest, WakesThoseForWhomThereIsSomethingNew) {
  Hub hub;
  int wakes = 0;
  const auto subscription = hub.subscribe(10, [&] { ++wakes; });
  hub.wake();
  EXPECT_EQ(wakes, 0);
  hub.publish(event_at(1));
  hub.publish(event_at(2));
  EXPECT_EQ(wakes, 0);
  hub.wake();
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(subscription->take(10).size(), 2U);
  hub.wake();
  EXPECT_EQ(wakes, 1);
  hub.publish(event_at(3));
  hub.wake();
  EXPECT_EQ(wakes, 2);
}

TEST(HubTest, AnEventIsEncodedOnceInEachForm) {
  static std::atomic<int> encoded;
  encoded = 0;
  Hub hub;
  EXPECT_FALSE(hub.has_subscribers());
  const auto first = hub.subscribe(10, [] {});
  const auto second = hub.subscribe(10, [] {});
  EXPECT_TRUE(hub.has_subscribers());
  hub.publish(event_at(7));
  const auto encode = [](const Event& event) {
    ++encoded;
    return std::to_string(event.time);
  };
  const auto at_first = first->take(1);
  const auto at_second = second->take(1);
  std::jthread other([&] { EXPECT_EQ(at_second[0]->bytes(SharedEvent::Form::kMessage, encode), "7"); });
  EXPECT_EQ(at_first[0]->bytes(SharedEvent::Form::kMessage, encode), "7");
  other.join();
  EXPECT_EQ(encoded, 1);
  EXPECT_EQ(at_first[0]->bytes(SharedEvent::Form::kJson, encode), "7");
  EXPECT_EQ(encoded, 2);
}

TEST(HubTest, SubscribersComeAndGoWhileEventsArePublished) {
  Hub hub;
  std::jthread publisher([&](const std::stop_token& stop) {
    for (int64_t time = 0; !stop.stop_requested(); ++time) hub.publish(event_at(time));
  });
  for (int n = 0; n < 200; ++n) {
    const auto subscription = hub.subscribe(4, [] {});
    std::vector<int64_t> got;
    while (got.empty()) got = times(subscription->take(4));
    for (size_t i = 1; i < got.size(); ++i) ASSERT_EQ(got[i], got[i - 1] + 1);
  }
}

}  // namespace
}  // namespace tripline
