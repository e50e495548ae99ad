// SPDX-License-Identifier: Apache-2.0
#include "oci/fail_rules.h"

#include <gtest/gtest.h>

namespace tripline::oci {
namespace {

using Annotations = std::map<std::string, std::string>;

FailRules rules() {
  return {.namespace_keys = {"io.kubernetes.pod.namespace", "io.kubernetes.cri.sandbox-namespace"},
          .allowed = {"kube-system"},
          .allowed_patterns = {"^infra-", "x.z"},
          .expression = ""};
}
std::string in_namespace(const std::string& space) {
  return refusal(rules(), Annotations{{"io.kubernetes.cri.sandbox-namespace", space}});
}

TEST(FailRules, Namespaces) {
  EXPECT_EQ(in_namespace("kube-system"), "");
  EXPECT_EQ(in_namespace("infra-net"), "");
  EXPECT_EQ(in_namespace("a-xyz-b"), "");  // anywhere in it
  EXPECT_EQ(in_namespace("shop"), "its namespace is shop");
  EXPECT_EQ(in_namespace("kube-system2"), "its namespace is kube-system2");
}

TEST(FailRules, WhatIsNotKnownFails) {
  EXPECT_EQ(refusal(rules(), {}), "its annotations are unknown");
  EXPECT_EQ(refusal(rules(), Annotations{{"other", "kube-system"}}), "no annotation names its namespace");
  FailRules wrong = rules();
  wrong.allowed_patterns = {"("};
  EXPECT_TRUE(refusal(wrong, Annotations{{"io.kubernetes.pod.namespace", "a"}})
                  .starts_with("fail-allow-namespaces-regex: "));
}

TEST(FailRules, AnExpressionReplacesThem) {
  FailRules by = rules();
  by.expression = R"('team' in annotations && annotations['team'] == 'core')";
  EXPECT_EQ(refusal(by, Annotations{{"io.kubernetes.pod.namespace", "shop"}}), "");
  EXPECT_EQ(refusal(by, Annotations{{"io.kubernetes.pod.namespace", "kube-system"}, {"team", "core"}}),
            "fail-cel-expr is true");
  by.expression = "annotations['none'] == 'x'";
  EXPECT_TRUE(refusal(by, Annotations{}).starts_with("fail-cel-expr: "));
  by.expression = "annotations.size()";
  EXPECT_EQ(refusal(by, Annotations{}), "fail-cel-expr does not give a boolean");
  by.expression = "nothing";
  EXPECT_TRUE(refusal(by, Annotations{}).starts_with("fail-cel-expr: "));
}

}  // namespace
}  // namespace tripline::oci
