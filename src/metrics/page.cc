// SPDX-License-Identifier: Apache-2.0
#include "metrics/page.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripline {

Page::Page() {
  for (size_t n = 0; n < std::size(kMetrics); ++n) {
    if (kMetrics[n].labels.empty()) begin(static_cast<Metric>(n), {});
  }
  for (const InitialSeries& series : initial_series()) {
    LabelValues chosen;
    begin(series, chosen, label_count(metric_info(series.metric).labels));
  }
}

void Page::begin(const InitialSeries& series, LabelValues& chosen, size_t labels) {
  if (chosen.size() == labels) return begin(series.metric, chosen);
  std::string_view rest = series.values.at(chosen.size());
  for (bool more = true; more;) {
    const size_t bar = rest.find('|');
    more = bar != std::string_view::npos;
    chosen.emplace_back(rest.substr(0, bar));
    begin(series, chosen, labels);
    chosen.pop_back();
    if (more) rest.remove_prefix(bar + 1);
  }
}

void Page::begin(Metric metric, const LabelValues& labels) {
  if (metric_info(metric).type == MetricType::kHistogram) {
    add(metric, labels, Histogram(bounds_of(metric)));
  } else {
    add(metric, labels, 0);
  }
}

void Page::add(Metric metric, LabelValues labels, double value) {
  assert(labels.size() == label_count(metric_info(metric).labels));
  numbers_.at(static_cast<size_t>(metric))[std::move(labels)] += value;
}

void Page::add(Metric metric, LabelValues labels, const Histogram& values) {
  assert(labels.size() == label_count(metric_info(metric).labels));
  Histogram& sum = histograms_.at(static_cast<size_t>(metric))
                       .try_emplace(std::move(labels), bounds_of(metric))
                       .first->second;
  for (size_t n = 0; n < std::min(sum.counts.size(), values.counts.size()); ++n)
    sum.counts[n] += values.counts[n];
  sum.sum += values.sum;
}

}  // namespace tripline
