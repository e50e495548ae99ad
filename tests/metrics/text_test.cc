// SPDX-License-Identifier: Apache-2.0
#include "metrics/text.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <limits>

namespace tripline {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    out.emplace_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return out;
}

prometheus::MetricType type_of(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric labelled(const MetricInfo& info, const LabelValues& values) {
  prometheus::ClientMetric out;
  const std::vector<std::string> names = words_of(info.labels);
  for (size_t n = 0; n < values.size(); ++n) out.label.push_back({names.at(n), values[n]});
  return out;
}

// The same page by prometheus-cpp.
std::string other_text_of(const Page& page) {
  std::map<std::string, prometheus::MetricFamily> families;
  for (size_t n = 0; n < std::size(kMetrics); ++n) {
    const MetricInfo& info = kMetrics[n];
    prometheus::MetricFamily family{std::string(info.name), std::string(info.help), type_of(info.type), {}};
    for (const auto& [labels, value] : page.numbers(static_cast<Metric>(n))) {
      prometheus::ClientMetric metric = labelled(info, labels);
      metric.counter.value = value;
      metric.gauge.value = value;
      family.metric.push_back(metric);
    }
    for (const auto& [labels, values] : page.histograms(static_cast<Metric>(n))) {
      prometheus::ClientMetric metric = labelled(info, labels);
      for (size_t at = 0; at < values.counts.size(); ++at) {
        metric.histogram.sample_count += values.counts[at];
        metric.histogram.bucket.push_back(
            {metric.histogram.sample_count,
             at < values.bounds.size() ? values.bounds[at] : std::numeric_limits<double>::infinity()});
      }
      metric.histogram.sample_sum = values.sum;
      family.metric.push_back(metric);
    }
    if (!family.metric.empty()) families.emplace(family.name, family);
  }
  std::vector<prometheus::MetricFamily> sorted;
  for (auto& [name, family] : families) sorted.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(sorted);
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out.push_back(line);
  std::ranges::sort(out);
  return out;
}

TEST(MetricsText, SaysWhatPrometheusCppSays) {
  Page page;
  page.add(Metric::errors_total, {"quote \" back \\ line \n end"}, 1234567);
  page.add(Metric::errors_total, {"\xc3\xa9"}, 0.5);
  page.add(Metric::process_cache_size, -3);
  page.add(Metric::build_info, {"c", "", "", "t", "v"}, 1);
  Histogram seen(bounds_of(Metric::policy_prepare_seconds));
  for (const double value : {0.25, 100.0, 0.0001}) seen.add(value);
  page.add(Metric::policy_prepare_seconds, {}, seen);
  // The order within a family differs: sum and count of a histogram.
  EXPECT_EQ(sorted_lines(text_of(page)), sorted_lines(other_text_of(page)));
}

TEST(MetricsText, LeavesOutWhatHasNoSeries) {
  const std::string text = text_of(Page());
  EXPECT_FALSE(text.contains("tetragon_policy_events_total"));
  EXPECT_TRUE(text.contains("# TYPE tetragon_errors_total counter\n"));
  EXPECT_TRUE(text.contains("\ntetragon_event_cache_inserts_total 0\n"));
  EXPECT_TRUE(text.contains(R"(tetragon_handling_latency_bucket{op="13",le="+Inf"} 0)"));
}

}  // namespace
}  // namespace tripline
