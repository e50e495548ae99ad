// SPDX-License-Identifier: Apache-2.0
// The available metrics: the name, type and labels of each, and the series that exist from the start. Every metric
// has the series whose labels are known beforehand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tripline {

enum class Metric : uint8_t {
#define TRIPLINE_METRIC(type, prefix, name, labels, help) name,
#include "metrics/metrics.inc"
#undef TRIPLINE_METRIC
};

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

struct MetricInfo {
  MetricType type = MetricType::kCounter;
  std::string_view name;
  std::string_view labels;  // separated by spaces
  std::string_view help;
};

inline constexpr MetricInfo kMetrics[] = {
#define TRIPLINE_METRIC(type, prefix, name, labels, help) {MetricType::k##type, prefix #name, labels, help},
#include "metrics/metrics.inc"
#undef TRIPLINE_METRIC
};

[[nodiscard]] constexpr const MetricInfo& metric_info(Metric metric) {
  return kMetrics[static_cast<size_t>(metric)];
}

[[nodiscard]] constexpr size_t label_count(std::string_view labels) {
  size_t count = labels.empty() ? 0 : 1;
  for (const char letter : labels) count += letter == ' ' ? 1 : 0;
  return count;
}

// Series that are always there: all combinations of the values of each label, which are separated by '|'. Metrics without
// labels are always there as well.
inline constexpr size_t kInitialLabels = 3;
struct InitialSeries {
  Metric metric{};
  std::array<std::string_view, kInitialLabels> values;  // in the order of the labels
};
[[nodiscard]] std::span<const InitialSeries> initial_series();

// The bounds of its buckets.
[[nodiscard]] std::span<const double> bounds_of(Metric histogram);

}  // namespace tripline
