// SPDX-License-Identifier: Apache-2.0
#include "kube/policy_report.h"

#include <gtest/gtest.h>

namespace tripline::kube {
namespace {

PolicyReport read_back(const PolicyReport& report) {
  return read_report(read_json(report_document(report)).value_or(Json{}));
}

TEST(PolicyReport, ReadsWhatItWrites) {
  PolicyReport report{.node = "n1", .node_uid = "nu", .policies = {}};
  for (const auto& [word, text] : kPolicyWords)
    report.policies.push_back({.key = {"ns", std::string(text)},
                               .uid = "u",
                               .generation = 7,
                               .word = word,
                               .line = 1,
                               .column = 2,
                               .message = "\"no\"\n\t\xC3\xA4"});
  PolicyReport sorted = report;
  std::ranges::stable_sort(sorted.policies, {},
                           [](const PolicySaid& said) { return !has_failed(said.word); });
  EXPECT_EQ(read_back(report), sorted);
}

TEST(PolicyReport, IsBounded) {
  PolicyReport report{.node = "n1", .node_uid = {}, .policies = {}};
  for (int n = 0; n < 20'000; ++n)
    report.policies.push_back({.key = {"", "policy-" + std::to_string(n)},
                               .uid = "u",
                               .generation = 1,
                               .word = PolicyWord::kEnabled});
  report.policies.back().word = PolicyWord::kLoadError;
  report.policies.back().message.assign(100'000, 'x');
  EXPECT_LE(report_document(report).size(), kLargestReport + 100);
  const PolicyReport read = read_back(report);
  EXPECT_EQ(read.policies.size() + static_cast<size_t>(read.omitted), 20'000U);
  ASSERT_FALSE(read.policies.empty());
  EXPECT_EQ(read.policies[0].key.name, "policy-19999");
  EXPECT_LE(read.policies[0].message.size(), kLongestMessage);
}

TEST(PolicyReport, PassesOverWhatItDoesNotKnow) {
  const auto json =
      read_json(R"({"metadata":{"name":"n"},"policies":[{"name":"a","uid":"u","state":"Tomorrow"},)"
                R"({"name":"b","state":"Enabled"},7,null,{"name":"c","uid":"u","state":"Enabled"}]})");
  ASSERT_TRUE(json);
  const PolicyReport read = read_report(*json);
  ASSERT_EQ(read.policies.size(), 1U);
  EXPECT_EQ(read.policies[0].key.name, "c");
}

}  // namespace
}  // namespace tripline::kube
