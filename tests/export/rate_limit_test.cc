// SPDX-License-Identifier: Apache-2.0
#include "export/rate_limit.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

using Clock = EventRate::Clock;
using std::chrono::seconds;

uint64_t taken(EventRate& limit, int tries, Clock::time_point now) {
  uint64_t out = 0;
  for (int at = 0; at < tries; at++) out += limit.take(now) ? 1 : 0;
  return out;
}

TEST(EventRate, IsFullAtFirstAndFillsUpEvenly) {
  const Clock::time_point start{};
  EventRate limit(6, start);
  EXPECT_EQ(taken(limit, 30, start), 6U);
  EXPECT_EQ(limit.dropped(), 24U);
  EXPECT_EQ(taken(limit, 5, start + seconds(9)), 0U);
  EXPECT_EQ(taken(limit, 5, start + seconds(21)), 2U);
  EXPECT_EQ(taken(limit, 30, start + seconds(1000)), 6U) << "no more than it holds";
}

TEST(EventRate, ReportsEachMinuteWhatWasDropped) {
  const Clock::time_point start{};
  EventRate limit(5, start);
  taken(limit, 30, start);
  EXPECT_EQ(limit.report(start + seconds(59)), 0U);
  EXPECT_EQ(limit.report(start + seconds(60)), 25U);
  EXPECT_EQ(limit.report(start + seconds(120)), 0U);
  taken(limit, 7, start + seconds(121));
  EXPECT_EQ(limit.report(start + seconds(150)), 0U);
  EXPECT_EQ(limit.report(start + seconds(180)), 2U);
  EXPECT_EQ(limit.dropped(), 27U);
}

TEST(EventRate, TheLineSaysTheNumberAsText) {
  TextBuffer out;
  add_rate_limit_line(out, {"n", ""}, 25, 0);
  EXPECT_EQ(out.view(), R"({"rate_limit_info":{"number_of_dropped_process_events":"25"},"node_name":"n",)"
                        R"("time":"1970-01-01T00:00:00Z"})");
}

}  // namespace
}  // namespace tripline
