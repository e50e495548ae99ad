// SPDX-License-Identifier: Apache-2.0
#include "operator/roll_up.h"

#include <gtest/gtest.h>

#include "operator/policy_status.h"

namespace tripline::op {
namespace {

using kube::ObjectKey;
using kube::PolicyReport;
using kube::PolicyWord;

const ObjectKey kP{"", "p"};
const ObjectKey kQ{"ns", "q"};

PolicyReport report(const std::string& node, PolicyWord p, int64_t generation = 1) {
  return {.node = node,
          .node_uid = {},
          .policies = {{.key = kP, .uid = "up", .generation = generation, .word = p, .message = "m"}}};
}

std::string text(const RollUp& roll_up, const ObjectKey& key) {
  const auto summary = roll_up.summary(key);
  if (!summary) return "none";
  const PolicyStatusObject status = status_of(key, *summary, {}, "now");
  return status.condition + " " + status.reason + ": " + status.message;
}

TEST(RollUp, CountsWhatNodesSay) {
  RollUp roll_up;
  roll_up.put_policy(kP, "up", 1);
  EXPECT_EQ(text(roll_up, kP), "Unknown NoNodes: enabled on 0 of 0 nodes");
  roll_up.put_report(report("n2", PolicyWord::kEnabled));
  EXPECT_EQ(text(roll_up, kP), "True Enabled: enabled on 1 of 1 node");
  roll_up.put_report(report("n3", PolicyWord::kLoadError));
  roll_up.put_report(report("n1", PolicyWord::kSkipped));
  roll_up.put_report(report("n4", PolicyWord::kLoading));
  roll_up.put_report(report("n5", PolicyWord::kDisabled));
  EXPECT_EQ(
      text(roll_up, kP),
      "False LoadError: enabled on 1 of 4 nodes, failed on 1, disabled on 1, not told by 1; node n3: m");
  roll_up.remove_report("n3");
  EXPECT_EQ(text(roll_up, kP), "Unknown Pending: enabled on 1 of 3 nodes, disabled on 1, not told by 1");
  roll_up.put_policy(kP, "up", 2);  // of which nobody has said anything
  EXPECT_EQ(text(roll_up, kP), "Unknown Pending: enabled on 0 of 4 nodes, not told by 4");
  roll_up.put_policy(kP, "another", 1);
  roll_up.put_report(report("n2", PolicyWord::kEnabled));
  EXPECT_EQ(text(roll_up, kP), "Unknown Pending: enabled on 0 of 4 nodes, not told by 4");
  roll_up.remove_policy(kP);
  EXPECT_EQ(text(roll_up, kP), "none");
}

TEST(RollUp, SaysWhatChanged) {
  using Set = std::set<ObjectKey>;
  RollUp roll_up;
  roll_up.put_policy(kP, "up", 1);
  roll_up.put_policy(kQ, "uq", 1);
  EXPECT_EQ(roll_up.take_changed(), (Set{kP, kQ}));
  roll_up.put_report(report("n1", PolicyWord::kEnabled));  // a node more counts for both
  EXPECT_EQ(roll_up.take_changed(), (Set{kP, kQ}));
  roll_up.put_report(report("n1", PolicyWord::kEnabled));
  roll_up.put_policy(kP, "up", 1);
  EXPECT_EQ(roll_up.take_changed(), Set{});
  roll_up.put_report(report("n1", PolicyWord::kLoadError));
  EXPECT_EQ(roll_up.take_changed(), Set{kP});
  PolicyReport other = report("n1", PolicyWord::kLoadError);
  other.policies[0].message = "another";
  roll_up.put_report(other);
  EXPECT_EQ(roll_up.take_changed(), Set{kP});
  roll_up.put_report({.node = "n1", .node_uid = {}, .policies = {}});
  EXPECT_EQ(roll_up.take_changed(), Set{kP});
  roll_up.remove_report("n2");
  EXPECT_EQ(roll_up.take_changed(), Set{});
  roll_up.remove_report("n1");
  EXPECT_EQ(roll_up.take_changed(), (Set{kP, kQ}));
}

}  // namespace
}  // namespace tripline::op
