// SPDX-License-Identifier: Apache-2.0
#include "metrics/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string_view>
#include <vector>

namespace tripline {
namespace {

void add_number(std::string& out, double value) {
  constexpr double kExact = 9007199254740992;  // all whole numbers up to there are numbers of their own
  std::array<char, 32> text;
  char* end = text.data();
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else if (std::trunc(value) == value && std::abs(value) <= kExact) {
    end = std::to_chars(text.data(), text.data() + text.size(), static_cast<int64_t>(value)).ptr;
  } else {
    end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  }
  out.append(text.data(), end);
}

void add_escaped(std::string& out, std::string_view text) {
  for (const char letter : text) {
    if (letter == '\n') {
      out += "\\n";
    } else {
      if (letter == '\\' || letter == '"') out += '\\';
      out += letter;
    }
  }
}

// `more`: a further label and its value.
void add_series(std::string& out, const MetricInfo& info, std::string_view suffix, const LabelValues& values,
                double value, std::string_view more_label = {}, std::string_view more_value = {}) {
  out.append(info.name).append(suffix);
  char before = '{';
  const auto add_label = [&](std::string_view label, std::string_view text) {
    out += before;
    before = ',';
    out.append(label).append("=\"");
    add_escaped(out, text);
    out += '"';
  };
  std::string_view labels = info.labels;
  for (const std::string& text : values) {
    const std::string_view label = labels.substr(0, labels.find(' '));
    labels.remove_prefix(std::min(label.size() + 1, labels.size()));
    add_label(label, text);
  }
  if (!more_label.empty()) add_label(more_label, more_value);
  if (before == ',') out += '}';
  out += ' ';
  add_number(out, value);
  out += '\n';
}

void add_histogram(std::string& out, const MetricInfo& info, const LabelValues& labels,
                   const Histogram& values) {
  uint64_t sum = 0;
  for (size_t n = 0; n < values.counts.size(); ++n) {
    sum += values.counts[n];
    std::string bound;
    add_number(bound, n < values.bounds.size() ? values.bounds[n] : INFINITY);
    add_series(out, info, "_bucket", labels, static_cast<double>(sum), "le", bound);
  }
  add_series(out, info, "_sum", labels, values.sum);
  add_series(out, info, "_count", labels, static_cast<double>(sum));
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return {};
}

}  // namespace

std::string text_of(const Page& page) {
  std::vector<size_t> order(std::size(kMetrics));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [](size_t n) { return kMetrics[n].name; });
  std::string out;
  for (const size_t n : order) {
    const auto metric = static_cast<Metric>(n);
    const MetricInfo& info = kMetrics[n];
    if (page.numbers(metric).empty() && page.histograms(metric).empty()) continue;
    out.append("# HELP ").append(info.name).append(" ").append(info.help);
    out.append("\n# TYPE ").append(info.name).append(" ").append(type_name(info.type)).append("\n");
    for (const auto& [labels, value] : page.numbers(metric)) add_series(out, info, "", labels, value);
    for (const auto& [labels, values] : page.histograms(metric)) add_histogram(out, info, labels, values);
  }
  return out;
}

}  // namespace tripline
