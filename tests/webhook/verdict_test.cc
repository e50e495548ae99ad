// SPDX-License-Identifier: Apache-2.0
#include "webhook/verdict.h"

#include <gtest/gtest.h>

namespace tripline::webhook {
namespace {

std::vector<NamedKernel> kernels() {
  static Kernels all(
      {TRIPLINE_TEST_DATA "/kernels/debian-5.10.kernel", TRIPLINE_TEST_DATA "/kernels/debian-6.12.kernel"},
      [](const LogLine& line) { EXPECT_EQ(line.level, LogLevel::kInfo) << line.text(); });
  return all.all();
}

Source policy(const std::string& spec) {
  return {.name = "p",
          .text = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: p\nspec:\n" + spec,
          .loose = true};
}
const std::string kNowhere = "  kprobes:\n  - call: no_such_call\n    syscall: false\n";
// Since 6.9.
const std::string kNewer = "  lsmhooks:\n  - hook: bpf_token_cmd\n";

TEST(Verdict, WhatAllTakeIsAllowed) {
  const Verdict verdict = judge(policy("  kprobes:\n  - call: sys_read\n    syscall: true\n"), kernels());
  EXPECT_TRUE(verdict.allowed) << verdict.refusal;
  EXPECT_EQ(verdict.refusal, "");
}

TEST(Verdict, WhatAllRefuseAlikeHasTheTextOfCheck) {
  const Verdict verdict = judge(policy(kNowhere), kernels());
  EXPECT_FALSE(verdict.allowed);
  EXPECT_TRUE(verdict.refusal.starts_with("p:7:11: error: this kernel has no function \"no_such_call\"\n"))
      << verdict.refusal;
  EXPECT_TRUE(verdict.refusal.contains("\n   7 |   - call: no_such_call\n") ||
              verdict.refusal.contains("no_such_call\n"));
}

TEST(Verdict, WhatSomeRefuseNamesThem) {
  const Verdict verdict = judge(policy(kNewer), kernels());
  EXPECT_FALSE(verdict.allowed);
  EXPECT_TRUE(verdict.refusal.starts_with("refused by debian-5.10 (5.10.")) << verdict.refusal;
  EXPECT_FALSE(verdict.refusal.contains("debian-6.12")) << verdict.refusal;
}

TEST(Verdict, ANodeSelectorMayMeanTheOthers) {
  const std::string nodes = "  nodeSelector:\n    matchLabels:\n      kernel: new\n";
  const Verdict some = judge(policy(nodes + kNewer), kernels());
  EXPECT_TRUE(some.allowed) << some.refusal;
  ASSERT_FALSE(some.warnings.empty());
  EXPECT_TRUE(some.warnings[0].starts_with("refused by debian-5.10 (")) << some.warnings[0];
  EXPECT_FALSE(judge(policy(nodes + kNowhere), kernels()).allowed);
}

TEST(Verdict, FilesOfNodesAreNotLookedAt) {
  const std::string hook = "  uprobes:\n  - path: /not/there\n    symbols: [main]\n";
  const Verdict verdict = judge(policy(hook), kernels());
  EXPECT_TRUE(verdict.allowed) << verdict.refusal;
  EXPECT_EQ(verdict.warnings.size(), 1U);
  EXPECT_FALSE(judge(policy(hook + kNowhere), kernels()).allowed);
}

TEST(Verdict, WithoutAKernelOnlyTheDocumentCounts) {
  EXPECT_TRUE(judge(policy(kNowhere), {}).allowed);
  EXPECT_FALSE(judge(policy("  kprobes: 7\n"), {}).allowed);
  for (const char* text : {"", "\x01", "[", "kind: x", "{\"kind\":", "a: &a [*a, *a]"})
    EXPECT_FALSE(judge({.name = "g", .text = text, .loose = true}, kernels()).allowed) << text;
}

}  // namespace
}  // namespace tripline::webhook
