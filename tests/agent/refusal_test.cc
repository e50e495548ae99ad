// SPDX-License-Identifier: Apache-2.0
#include "agent/refusal.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

std::string refused(const std::string& text) {
  const Document document = parse_document({"policy.yaml", text});
  EXPECT_TRUE(document.diagnostics.has_errors()) << text;
  return refused_document(document);
}

std::string with_metadata(const std::string& metadata, const std::string& kind = "TracingPolicy") {
  return "kind: " + kind + "\nmetadata: " + metadata + "\nspec: {}\n";
}

TEST(Refusal, Documents) {
  EXPECT_EQ(refused(""), "unknown CRD kind: ");
  EXPECT_EQ(refused("kind: Other\nmetadata: {name: x}\nspec: {}\n"), "unknown CRD kind: Other");
  EXPECT_EQ(refused("kind: TracingPolicy\n"),
            "validation failed: metadata.name: Required value: name or generateName is required\n"
            ".metadata in body is required\n.spec in body is required");
  EXPECT_EQ(refused(with_metadata("{name: same, namespace: x}")),
            "validation failed: metadata.namespace: Forbidden: not allowed on this type");
  EXPECT_EQ(refused(with_metadata("{name: same}", "TracingPolicyNamespaced")),
            "validation failed: metadata.namespace: Required value");
  EXPECT_TRUE(
      refused(with_metadata("{name: A_b}"))
          .starts_with("validation failed: metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123"));
  EXPECT_TRUE(refused(with_metadata("{name: " + std::string(254, 'n') + "}"))
                  .starts_with("validation failed: metadata.name: Invalid value: \"nnn"));
  EXPECT_EQ(refused("kind: TracingPolicy\nmetadata: {name: x}\nspec: {nosuch: 1}\n"),
            "failed to unmarshal into typed object: error unmarshaling JSON: while decoding JSON: json: "
            "unknown field "
            "\"nosuch\"");
}

TEST(Refusal, AHookThatIsNotThere) {
  const Document document = parse_document(
      {"p",
       "kind: TracingPolicy\nmetadata: {name: x}\nspec:\n  kprobes:\n  - call: sys_umask\n  - call: gone\n"});
  ASSERT_TRUE(document.policy);
  Diagnostics wrong;
  wrong.error(document.policy->spec.kprobes[1].call.span, "this kernel has no function \"gone\"");
  EXPECT_EQ(refused_policy("x", wrong, hook_places(*document.policy)),
            "policy handler 'tracing' failed loading policy 'x': validation failed: error in "
            "spec.kprobes[1]: kprobe "
            "spec pre-validation failed: validation error: call \"gone\": not found");
}

TEST(Refusal, Enforcers) {
  const auto refused = [](std::string message) {
    Diagnostics wrong;
    wrong.error({3, 5, 1}, std::move(message));
    return refused_policy("x", wrong, {});
  };
  EXPECT_EQ(refused("\"tcp_close\" is neither a system call nor a security function"),
            "policy handler 'enforcer' failed loading policy 'x': enforcer sensor requires either syscall or "
            "security_ functions and symbol 'tcp_close' appears to be neither");
  EXPECT_EQ(refused("override-return cannot be used with security functions"),
            "policy handler 'enforcer' failed loading policy 'x': enforcer: can't override security function "
            "with override-return");
  EXPECT_EQ(refused("NotifyEnforcer needs an enforcer, and the policy has none"),
            "policy handler 'tracing' failed loading policy 'x': validation failed: NotifyEnforcer action "
            "specified, but spec contains no enforcers");
}

TEST(Refusal, WhatIsForSomePodsOnly) {
  const auto refused = [](std::string message) {
    Diagnostics wrong;
    wrong.error({3, 5, 1}, std::move(message));
    return refused_policy("x", wrong, {});
  };
  EXPECT_EQ(refused("podSelector needs Kubernetes"), "podSelector not allowed in non-k8s environment");
  EXPECT_EQ(refused("containerSelector needs Kubernetes"),
            "containerSelector not allowed in non-k8s environment");
  EXPECT_EQ(refused("matchWorkloads needs the policy filter, which is off"),
            "policy handler 'tracing' failed loading policy 'x': parseMatchWorkloads  error: "
            "parseMatchWorkloads: failed to add policy: policyfilter is disabled");
}

TEST(Refusal, AnythingElseNamesItsPlace) {
  Diagnostics wrong;
  wrong.error({3, 5, 1}, "it is wrong", "right");
  EXPECT_EQ(
      refused_policy("x", wrong, {}),
      "policy handler 'tracing' failed loading policy 'x': line 3, column 5: it is wrong; expected right");
}

}  // namespace
}  // namespace tripline
