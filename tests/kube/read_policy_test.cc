// SPDX-License-Identifier: Apache-2.0
#include "kube/read_policy.h"

#include <gtest/gtest.h>

namespace tripline::kube {
namespace {

TEST(ReadPolicy, DocumentOfIt) {
  const auto object = read_json(
      R"({"apiVersion":"cilium.io/v1alpha1","kind":"TracingPolicyNamespaced","metadata":{"name":"p","namespace":"n","uid":"u",
"generation":3,"managedFields":[{}],"annotations":{"a":"b"}},"spec":{"kprobes":[{"call":"sys_openat","args":[{"index":1}]}]}})");
  const PolicyObject policy = read_policy(*object, PolicyScope::kNamespaced);
  EXPECT_EQ(policy.key, (ObjectKey{"n", "p"}));
  EXPECT_EQ(policy.uid, "u");
  EXPECT_EQ(policy.generation, 3);
  EXPECT_FALSE(policy.nodes);
  EXPECT_EQ(policy.document, R"({
 "apiVersion": "cilium.io/v1alpha1",
 "kind": "TracingPolicyNamespaced",
 "metadata": {
  "name": "p",
  "namespace": "n"
 },
 "spec": {
  "kprobes": [
   {
    "call": "sys_openat",
    "args": [
     {
      "index": 1
     }
    ]
   }
  ]
 }
})");
}

std::string nodes(const std::string& selector) {
  const auto object = read_json(R"({"metadata":{"name":"p"},"spec":{"nodeSelector":)" + selector + "}}");
  const PolicyObject policy = read_policy(*object, PolicyScope::kCluster);
  if (!policy.nodes_mistake.empty()) return policy.nodes_mistake;
  if (!policy.nodes) return "all";
  std::string out;
  for (const Requirement& one : *policy.nodes) {
    out += one.key + " " + std::to_string(static_cast<int>(one.op));
    for (const std::string& value : one.values) out += " " + value;
    out += ";";
  }
  return out;
}

TEST(ReadPolicy, Nodes) {
  for (const char* all :
       {"null", "{}", R"({"matchLabels":{}})", R"({"matchLabels":null,"matchExpressions":[]})"})
    EXPECT_EQ(nodes(all), "all") << all;
  EXPECT_EQ(
      nodes(R"({"matchLabels":{"a":"b"},"matchExpressions":[{"key":"c","operator":"In","values":["z","y"]},
                     {"key":"d","operator":"Exists"},{"key":"e","operator":"DoesNotExist"},{"key":"f","operator":"NotIn"}]})"),
      "a 0 b;c 0 y z;d 2;e 3;f 1;");
  EXPECT_EQ(nodes(R"({"matchExpressions":[{"key":"c","operator":"Gt","values":["1"]}]})"),
            "\"Gt\" is not a valid operator of nodeSelector");
}

}  // namespace
}  // namespace tripline::kube
