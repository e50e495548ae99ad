// SPDX-License-Identifier: Apache-2.0
#include "client/generate.h"

#include <gtest/gtest.h>

#include "policy/policy.h"

namespace tripline::client {
namespace {

TEST(Generate, Empty) {
  EXPECT_EQ(generated_policy("empty", "", ""),
            "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  creationTimestamp: null\n"
            "  name: empty\nspec: {}\n");
  EXPECT_FALSE(generated_policy("nosuch", "", ""));
}

TEST(Generate, WhatIsGeneratedIsAPolicy) {
  for (const char* what : {"all-syscalls", "all-syscalls-list", "ftrace-list", "empty"}) {
    Diagnostics diagnostics;
    const auto policy = parse(Source{what, *generated_policy(what, "/bin/cat", "^tcp_")}, diagnostics);
    EXPECT_TRUE(policy) << what << ": " << (diagnostics.all().empty() ? "" : diagnostics.all()[0].message);
  }
  EXPECT_TRUE(
      generated_policy("all-syscalls", "/bin/cat", "")->contains("        values:\n        - /bin/cat\n"));
  EXPECT_TRUE(generated_policy("ftrace-list", "", "^tcp_")->contains("    pattern: ^tcp_\n"));
}

}  // namespace
}  // namespace tripline::client
