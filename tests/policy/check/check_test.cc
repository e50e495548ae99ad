// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

constexpr const char* kKill =
    "  kprobes: [{call: fd_install, syscall: false, selectors: [{matchActions: [{action: Sigkill}]}]}]\n";
constexpr const char* kPost = "  kprobes: [{call: fd_install, syscall: false}]\n";

std::string told(std::string_view spec) { return messages(judge(policy_with(spec)).diagnostics); }

TEST(Check, EmptySpecIsAPolicyThatDoesNothing) {
  const Verdict verdict = judge(policy_with("  {}\n"));
  ASSERT_TRUE(verdict.checked);
  EXPECT_EQ(verdict.checked->name, "p");
  EXPECT_EQ(verdict.checked->source_name, "p.yaml");
  EXPECT_TRUE(verdict.checked->hooks.empty());
}

TEST(Check, Modes) {
  const auto mode = [](const std::string& spec) {
    const Verdict verdict = judge(policy_with(spec));
    if (!verdict.checked) return verdict.text;
    return std::string(verdict.checked->enforce        ? "enforce"
                       : verdict.checked->monitor_only ? "monitor_only"
                                                       : "monitor");
  };
  const auto option = [](const std::string& value) {
    return "  options: [{name: policy-mode, value: " + value + "}]\n";
  };
  EXPECT_EQ(mode(kKill), "enforce");
  EXPECT_EQ(mode(kKill + option("enforce")), "enforce");
  EXPECT_EQ(mode(kKill + option("monitor")), "monitor");
  EXPECT_EQ(mode(kPost), "monitor_only");
  EXPECT_EQ(mode(kPost + option("monitor")), "monitor_only");
  EXPECT_EQ(told(kPost + option("enforce")),
            "7:40 warning: this policy only monitors: none of its actions enforces anything\n");
  EXPECT_EQ(told(kKill + option("Enforce")), "7:40 error: \"Enforce\" is not a valid value of policy-mode\n");
}

TEST(Check, ArgumentsWithoutEnd) {
  const auto hook = [](size_t count) {
    std::string out = "  kprobes:\n  - call: fd_install\n    syscall: false\n    args:\n";
    for (size_t n = 0; n < count; ++n) out += "    - {index: 0, type: int}\n";
    return told(out);
  };
  EXPECT_EQ(hook(96), "");
  EXPECT_EQ(hook(97), "106:7 error: this hook reads too many arguments\n");
}

TEST(Check, ALoaderThatIsOffIsNone) { EXPECT_EQ(told("  loader: false\n"), ""); }

TEST(Check, AnActionThatEnforcesAnywhereMakesThePolicyEnforce) {
  const auto enforces = [](const std::string& spec) {
    const Verdict verdict = judge(policy_with(spec));
    EXPECT_TRUE(verdict.checked) << verdict.text;
    return verdict.checked && verdict.checked->enforce && !verdict.checked->monitor_only;
  };
  const std::string macro = "  selectorsMacros: {m: {matchActions: [{action: Post}, {action: Sigkill}]}}\n";
  const std::string uses =
      "  kprobes: [{call: fd_install, syscall: false, selectors: [{macros: [m]}, {macros: [m]}]}]\n";
  EXPECT_TRUE(enforces(macro + uses));
  EXPECT_FALSE(enforces(macro + kPost)) << "it is not used";
  const auto at_return = [](const std::string& section, const std::string& fields) {
    return section + ":\n  - call: vfs_read\n    syscall: false\n" + fields +
           "    selectors: [{matchReturnActions: [{action: Signal, argSig: 9}]}]\n";
  };
  const std::string returns = "    return: true\n    returnArg: {index: 0, type: int64}\n";
  EXPECT_TRUE(enforces(at_return("  kprobes", returns)));
  EXPECT_TRUE(enforces(at_return("  fentries", returns)));
  EXPECT_FALSE(enforces(at_return("  kprobes", ""))) << "nothing is done at the return";
  EXPECT_EQ(told(at_return("  kprobes", "")),
            "9:39 warning: matchReturnActions has no effect without \"return: true\"\n");
  const std::string macro_at_return =
      "  selectorsMacros: {m: {matchReturnActions: [{action: Sigkill}]}}\n  kprobes: [{call: vfs_read, "
      "syscall: false, return: true, returnArg: {index: 0, type: int64}, selectors: [{macros: [m]}]}]\n";
  EXPECT_TRUE(enforces(macro_at_return));
  EXPECT_EQ(told(macro_at_return), "");
}

TEST(Check, WhatChangesNothingIsAccepted) {
  EXPECT_EQ(told("  hostSelector: {}\n  nodeSelector: {matchLabels: {a: b}}\n"), "");
  EXPECT_EQ(
      told("  lists: [{name: l, type: syscalls, values: [sys_nonsense]}]\n  selectorsMacros: {m: {}}\n"), "");
}

}  // namespace
}  // namespace tripline
