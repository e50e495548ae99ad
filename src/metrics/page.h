// SPDX-License-Identifier: Apache-2.0
// All series at one moment. Starts with those that always exist, at zero; adding to a series sets its value.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.h"
#include "metrics/table.h"

namespace tripline {

using LabelValues = std::vector<std::string>;  // in the order of the metric's labels

// The value of every label that would make too many series.
inline constexpr std::string_view kOtherLabel = "_other";

class Page {
 public:
  Page();

  void add(Metric metric, LabelValues labels, double value);
  void add(Metric metric, double value) { add(metric, {}, value); }
  // Of a histogram, with the bounds of the metric.
  void add(Metric metric, LabelValues labels, const Histogram& values);

  using Numbers = std::map<LabelValues, double>;
  using Histograms = std::map<LabelValues, Histogram>;
  [[nodiscard]] const Numbers& numbers(Metric metric) const {
    return numbers_.at(static_cast<size_t>(metric));
  }
  [[nodiscard]] const Histograms& histograms(Metric metric) const {
    return histograms_.at(static_cast<size_t>(metric));
  }

 private:
  void begin(const InitialSeries& series, LabelValues& chosen, size_t labels);
  void begin(Metric metric, const LabelValues& labels);

  std::array<Numbers, std::size(kMetrics)> numbers_;
  std::array<Histograms, std::size(kMetrics)> histograms_;
};

}  // namespace tripline
