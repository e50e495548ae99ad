// SPDX-License-Identifier: Apache-2.0
#include "metrics/page.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Page, BeginsWithTheSeriesThatAreAlwaysThere) {
  const Page page;
  EXPECT_EQ(page.numbers(Metric::event_cache_inserts_total), (Page::Numbers{{{}, 0}}));
  EXPECT_EQ(page.numbers(Metric::handler_errors_total).size(), 3U * 13U);
  EXPECT_EQ(page.numbers(Metric::policyfilter_operations_total).size(), 24U);
  EXPECT_TRUE(page.numbers(Metric::policyfilter_operations_total).contains({"", "add", "rthooks"}));
  EXPECT_EQ(page.histograms(Metric::handling_latency).size(), 12U);
  EXPECT_TRUE(page.numbers(Metric::policy_events_total).empty());
}

TEST(Page, AddsToASeries) {
  Page page;
  page.add(Metric::errors_total, {"x"}, 2);
  page.add(Metric::errors_total, {"x"}, 3);
  EXPECT_EQ(page.numbers(Metric::errors_total).at({"x"}), 5);
  Histogram seen(bounds_of(Metric::handling_latency));
  for (const double value : {50.0, 50.1, 2e5}) seen.add(value);
  page.add(Metric::handling_latency, {"5"}, seen);
  page.add(Metric::handling_latency, {"5"}, seen);
  EXPECT_EQ(page.histograms(Metric::handling_latency).at({"5"}).counts,
            (std::vector<uint64_t>{2, 2, 0, 0, 0, 0, 2}));
}

}  // namespace
}  // namespace tripline
