// SPDX-License-Identifier: Apache-2.0
#include "kube/backoff.h"

#include <gtest/gtest.h>

namespace tripline::kube {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToALimit) {
  Backoff backoff;
  Clock::time_point now{1h};
  std::vector<std::chrono::milliseconds> out;
  for (int n = 0; n < 8; ++n) {
    out.push_back(backoff.next(now, 0));
    now += out.back();
  }
  EXPECT_EQ(out, (std::vector<std::chrono::milliseconds>{800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30s,
                                                         30s}));
}

TEST(Backoff, IsUpToTwiceAsLongByChance) {
  EXPECT_EQ(Backoff().next({}, 0.5), 1200ms);
  EXPECT_EQ(Backoff().next({}, 1), 1600ms);
}

TEST(Backoff, BeginsAnewAfterQuietMinutes) {
  Backoff backoff;
  Clock::time_point now{1h};
  for (int n = 0; n < 4; ++n) (void)backoff.next(now, 0);
  EXPECT_EQ(backoff.next(now + 60s, 0), 12800ms);
  EXPECT_EQ(backoff.next(now + 60s + 26s + 121s, 0), 800ms);
}

}  // namespace
}  // namespace tripline::kube
