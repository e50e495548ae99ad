// SPDX-License-Identifier: Apache-2.0
#include "operator/policy_status.h"

#include <gtest/gtest.h>

namespace tripline::op {
namespace {

TEST(PolicyStatusObject, ReadsWhatItWrites) {
  const kube::ObjectKey key{"ns", "p"};
  Summary summary{.generation = 3, .total = 2, .enabled = 1, .failed = 1, .error = {}};
  summary.error = Summary::Error{"n1", {.key = key, .word = kube::PolicyWord::kRefused, .line = 4, .column = 5, .message = "no"}};
  const PolicyStatusObject status = status_of(key, summary, {}, "then");
  EXPECT_EQ(status.message, "enabled on 1 of 2 nodes, failed on 1; node n1: ns/p:4:5: error: no");
  EXPECT_EQ(status.reason, "Refused");
  const auto patch = kube::read_json(status_patch(status, summary, "u"));
  ASSERT_TRUE(patch);
  EXPECT_EQ(patch->at("metadata").at("uid").text, "u");
  EXPECT_EQ(patch->at("status").at("error").at("line").text, "4");
  const PolicyStatusObject read = read_status(*patch);
  EXPECT_TRUE(read.says(status));
  EXPECT_EQ(read.since, "then");
  // While the condition stays, so does the time.
  summary.failed = 2;
  EXPECT_EQ(status_of(key, summary, read, "now").since, "then");
  EXPECT_EQ(status_of(key, {.generation = 3, .total = 1, .enabled = 1, .error = {}}, read, "now").since, "now");
}

TEST(PolicyEvents, NamesAreNamesOfObjects) {
  std::string name(199, 'a');
  name.append(".b");
  const PolicyEvent event{{"", name}, "u", "LoadError", std::string(5000, 'x'), 1};
  EXPECT_LE(event_name(event).size(), 253U);
  EXPECT_FALSE(event_name(event).contains(".."));
  EXPECT_EQ(event_folder(event), "/api/v1/namespaces/default/events");
  EXPECT_LT(event_document(event, "now").size(), 2000U);
  const kube::Json existing = kube::read_json(R"({"count":4})").value_or(kube::Json{});
  EXPECT_TRUE(event_patch(event, existing, "now").contains(R"("count":5)"));
}

}  // namespace
}  // namespace tripline::op
