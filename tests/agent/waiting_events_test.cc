// SPDX-License-Identifier: Apache-2.0
#include "agent/waiting_events.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace tripline {
namespace {

using namespace std::chrono_literals;

class WaitingEventsTest : public ::testing::Test {
 protected:
  explicit WaitingEventsTest(WaitOptions options = {.retries = 3, .delay = 2s, .most = 100})
      : waiting_(
            options, [this](Event& event) { return complete(event); },
            [this](Event& event) { given_up_.push_back(event.time); },
            [this](const Event& event) { sent_.push_back(event.time); }) {}

  bool complete(Event& event) {
    const Process& process = *event.process.process;
    if (process.docker.empty() || process.pod) return true;
    if (!known_.contains(process.docker)) return false;
    auto made = std::make_shared<Process>(process);
    made->pod = ProcessPod{.of = std::make_shared<const PodView>()};
    event.process.process = made;
    return true;
  }
  void take(int64_t time, uint32_t pid, std::string docker) {
    Event event{.time = time, .payload = ProcessExit{}};
    event.process.process = std::make_shared<const Process>(Process{.pid = pid, .docker = std::move(docker)});
    waiting_.take(event, now_);
  }
  void round(std::chrono::seconds later, bool news = false) {
    now_ += later;
    waiting_.round(now_, news);
  }

  std::set<std::string> known_;
  std::vector<int64_t> sent_, given_up_;
  WaitingEvents::Clock::time_point now_{};
  WaitingEvents waiting_;
};

using Times = std::vector<int64_t>;

TEST_F(WaitingEventsTest, OnlyWhatLacksItsPodWaits) {
  take(1, 10, "");
  take(2, 11, "a");
  take(3, 10, "");
  EXPECT_EQ(sent_, (Times{1, 3}));
  known_.insert("b");
  take(4, 12, "b");
  EXPECT_EQ(sent_, (Times{1, 3, 4}));
  Event throttle{.time = 5, .payload = ProcessThrottle{}};
  waiting_.take(throttle, now_);
  EXPECT_EQ(sent_, (Times{1, 3, 4, 5}));
  EXPECT_EQ(waiting_.counts().waiting, 1u);
  EXPECT_EQ(waiting_.counts().inserts, 1u);
}

TEST_F(WaitingEventsTest, AsSoonAsThePodIsKnown) {
  take(1, 11, "a");
  take(2, 12, "b");
  take(3, 11, "a");
  known_.insert("a");
  round(0s);
  EXPECT_EQ(sent_, Times{}) << "nobody said that anything is new";
  round(0s, true);
  EXPECT_EQ(sent_, (Times{1, 3}));
  EXPECT_EQ(given_up_, Times{});
}

TEST_F(WaitingEventsTest, WithoutTheirPodWhenTheTimeIsOver) {
  take(1, 11, "a");
  round(1s);
  take(2, 11, "a");
  round(1s);
  round(2s);
  EXPECT_EQ(sent_, Times{});
  round(2s);
  EXPECT_EQ(sent_, Times{1}) << "three times two seconds";
  round(2s);
  EXPECT_EQ(sent_, (Times{1, 2}));
  EXPECT_EQ(given_up_, (Times{1, 2}));
  EXPECT_TRUE(waiting_.empty());
  EXPECT_EQ(waiting_.counts().failures[1], 2u) << "of the kind of exits";
  EXPECT_EQ(waiting_.counts().retries, 5u);
}

TEST_F(WaitingEventsTest, LaterEventsOfTheProcessStayBehind) {
  take(1, 11, "a");
  known_.insert("b");
  take(2, 11, "b");
  take(3, 11, "");
  take(4, 12, "b");
  EXPECT_EQ(sent_, Times{4});
  round(0s, true);
  EXPECT_EQ(sent_, Times{4});
  known_.insert("a");
  round(0s, true);
  EXPECT_EQ(sent_, (Times{4, 1, 2, 3}));
  take(5, 11, "");
  EXPECT_EQ(sent_, (Times{4, 1, 2, 3, 5})) << "nothing waits any more";
}

TEST_F(WaitingEventsTest, AtTheEndAllGoOut) {
  for (int64_t n = 1; n <= 3; ++n) take(n, 11, "a");
  waiting_.flush();
  EXPECT_EQ(sent_, (Times{1, 2, 3}));
  EXPECT_EQ(given_up_, (Times{1, 2, 3}));
  EXPECT_TRUE(waiting_.empty());
  take(4, 11, "a");
  EXPECT_EQ(sent_, (Times{1, 2, 3, 4})) << "and none waits after that";
}

class FewEvents : public WaitingEventsTest {
 protected:
  FewEvents() : WaitingEventsTest({.retries = 3, .delay = 2s, .most = 2}) {}
};

TEST_F(FewEvents, TheOldestGivesWay) {
  for (int64_t n = 1; n <= 4; ++n) take(n, static_cast<uint32_t>(10 + n % 2), "a");
  EXPECT_EQ(sent_, (Times{1, 2}));
  EXPECT_EQ(given_up_, (Times{1, 2}));
  known_.insert("a");
  round(0s, true);
  EXPECT_EQ(sent_, (Times{1, 2, 3, 4}));
}

class NoWaiting : public WaitingEventsTest {
 protected:
  NoWaiting() : WaitingEventsTest({}) {}
};

TEST_F(NoWaiting, AllGoOutAtOnce) {
  take(1, 11, "a");
  EXPECT_EQ(sent_, Times{1});
}

}  // namespace
}  // namespace tripline
