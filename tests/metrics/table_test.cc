// SPDX-License-Identifier: Apache-2.0
#include "metrics/table.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace tripline {
namespace {

std::string_view type_name(MetricType type) {
  return type == MetricType::kCounter ? "counter" : type == MetricType::kGauge ? "gauge" : "histogram";
}

TEST(MetricTable, HasEachMetricThatIsExpected) {
  std::map<std::string, const MetricInfo*> ours;
  for (const MetricInfo& one : kMetrics) EXPECT_TRUE(ours.emplace(one.name, &one).second) << one.name;
  std::ifstream file(METRICS_TSV);
  std::set<std::string> expected;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string name, type, labels;
    std::getline(words, name, '\t');
    std::getline(words, type, '\t');
    std::getline(words, labels, '\t');
    const auto found = ours.find("tetragon_" + name);
    ASSERT_NE(found, ours.end()) << name;
    EXPECT_EQ(type_name(found->second->type), type) << name;
    EXPECT_EQ(found->second->labels, labels) << name;
    expected.insert(found->first);
  }
  EXPECT_GT(expected.size(), 60U);
  for (const auto& [name, info] : ours)
    EXPECT_TRUE(!name.starts_with("tetragon_") || expected.contains(name)) << name << " is not theirs";
}

TEST(MetricTable, CountersAreCalledTotal) {
  for (const MetricInfo& one : kMetrics) {
    if (!one.name.starts_with("tripline_")) continue;
    EXPECT_EQ(one.name.ends_with("_total"), one.type == MetricType::kCounter) << one.name;
  }
}

}  // namespace
}  // namespace tripline
