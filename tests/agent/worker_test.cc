// SPDX-License-Identifier: Apache-2.0
#include "agent/worker.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>

namespace tripline {
namespace {

using namespace std::chrono_literals;

bool rings(const Worker& worker, int milliseconds) {
  pollfd polled{worker.bell(), POLLIN, 0};
  return poll(&polled, 1, milliseconds) == 1;
}

TEST(Worker, DoesOneJobAfterTheOther) {
  Worker worker;
  EXPECT_FALSE(worker.busy());
  for (int n = 0; n < 100; ++n) {
    int done = 0;
    ASSERT_TRUE(worker.give([&](const std::stop_token&) { done = n + 1; }));
    ASSERT_TRUE(rings(worker, 10'000));
    worker.silence();
    EXPECT_FALSE(worker.busy());
    EXPECT_EQ(done, n + 1);
  }
  EXPECT_FALSE(rings(worker, 0));
}

TEST(Worker, RestsAndStartsAgain) {
  Worker worker;
  std::thread::id first, second;
  ASSERT_TRUE(worker.give([&](const std::stop_token&) { first = std::this_thread::get_id(); }));
  ASSERT_TRUE(rings(worker, 10'000));
  worker.silence();
  worker.rest();
  ASSERT_TRUE(worker.give([&](const std::stop_token&) { second = std::this_thread::get_id(); }));
  ASSERT_TRUE(rings(worker, 10'000));
  EXPECT_NE(first, std::this_thread::get_id());
  EXPECT_NE(second, std::thread::id());
}

TEST(Worker, TheEndAsksTheJobToStop) {
  std::atomic<bool> began = false;
  bool asked = false;
  {
    Worker worker;
    ASSERT_TRUE(worker.give([&](const std::stop_token& stop) {
      began = true;
      began.notify_one();
      while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
      asked = true;
    }));
    began.wait(false);
  }
  EXPECT_TRUE(asked);
}

}  // namespace
}  // namespace tripline
