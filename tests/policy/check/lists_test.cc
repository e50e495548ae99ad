// SPDX-License-Identifier: Apache-2.0
// Lists in "call".
#include <gtest/gtest.h>

#include <string>

#include "policy/checked.h"
#include "policy/corpus.h"

namespace tripline {
namespace {

Verdict with(const std::string& list, const std::string& hook = "call: 'list:l'") {
  return judge(policy_with("  lists: [{name: l" + list + "}]\n  kprobes: [{" + hook + "}]\n"));
}

std::string told(const std::string& list, const std::string& hook = "call: 'list:l'") {
  return messages(with(list, hook).diagnostics);
}

std::string functions(const Verdict& verdict) {
  if (!verdict.checked) return verdict.text;
  std::string out;
  for (const CheckedHook& hook : verdict.checked->hooks) {
    out += full_name(hook.target) + " " + hook.call + " " + std::to_string(hook.index) + "\n";
  }
  return out;
}

TEST(Lists, EveryFunctionIsAHook) {
  EXPECT_EQ(functions(with(", values: [fd_install, vfs_read, fd_install]", "call: 'list:l', syscall: false")),
            "fd_install list:l 0\nvfs_read list:l 0\n");
  EXPECT_EQ(functions(with(", type: syscalls, values: [sys_lseek]", "call: 'list:l', syscall: false")),
            "__x64_sys_lseek list:l 0\n");
  EXPECT_EQ(functions(with(", type: syscalls, values: [x64/sys_lseek, __x64_sys_lseek]")),
            "__x64_sys_lseek list:l 0\n");
  EXPECT_EQ(functions(with(", type: generated_syscalls")), "__x64_sys_lseek list:l 0\n");
  EXPECT_EQ(
      functions(with(", type: generated_ftrace, pattern: '^takes_n.*s$'", "call: 'list:l', syscall: false")),
      "takes_numbers list:l 0\n");
  EXPECT_EQ(functions(with(", type: generated_ftrace, pattern: 'n.*ing$'", "call: 'list:l', syscall: false")),
            "takes_nothing list:l 0\n");
}

TEST(Lists, Refusals) {
  EXPECT_EQ(told(", type: syscalls, values: [lseek]"),
            "6:46 error: \"lseek\" is not a system call that can be hooked\n");
  EXPECT_EQ(told(", type: syscalls, values: [x86/sys_lseek]"),
            "6:46 error: \"x86\" is not a valid system call ABI\n");
  EXPECT_EQ(told(", type: syscalls, values: [x64/__ia32_sys_lseek]"),
            "6:46 error: \"x64/__ia32_sys_lseek\" contradicts itself: __ia32_ is not x64\n");
  EXPECT_EQ(told(", type: generated_syscalls, values: [sys_lseek]"),
            "6:56 error: the list \"l\" is generated and cannot have values\n");
  EXPECT_EQ(told(", type: generated_ftrace", "call: 'list:l', syscall: false"),
            "6:11 error: the list \"l\" has no pattern\n");
  EXPECT_EQ(told(", type: generated_ftrace, pattern: '('", "call: fd_install, syscall: false"),
            "6:54 error: \"(\" is not a valid regular expression: missing ): (\n");
  EXPECT_EQ(told(", type: generated_ftrace, pattern: nowhere", "call: 'list:l', syscall: false"),
            "6:54 error: no traceable function of this kernel matches \"nowhere\"\n");
  EXPECT_EQ(told(", values: [nonsense]", "call: fd_install, syscall: false"), "") << "nobody uses it";
  EXPECT_EQ(told(", values: [fd_install, nonsense, more]", "call: 'list:l', syscall: false"),
            "7:20 error: this kernel has no function \"nonsense\"\n");
  EXPECT_EQ(functions(with(", values: [fd_install, nonsense]",
                           "call: 'list:l', syscall: false, ignore: {callNotFound: true}")),
            "fd_install list:l 0\n");
}

TEST(Lists, LongOnes) {
  std::string text = "  kprobes: [{call: 'list:l', syscall: false}]\n  lists:\n  - name: l\n    values:\n";
  for (size_t n = 0; n < 200'000; ++n) text += "    - x" + std::to_string(n) + "\n";
  EXPECT_EQ(messages(judge(policy_with(text)).diagnostics),
            "6:20 error: this kernel has no function \"x0\"\n");
}

// A short document that means many hooks.
TEST(Lists, ThoseThatManyHooksAreOn) {
  std::string names = "  lists:\n  - name: l\n    values:\n";
  for (size_t n = 0; n < 20'000; ++n) names += "    - x" + std::to_string(n) + "\n";
  std::string hooks = "  kprobes:\n";
  for (size_t n = 0; n < 10'000; ++n) {
    hooks += "  - {call: 'list:l', syscall: false, ignore: {callNotFound: true}}\n";
  }
  const Verdict verdict = judge(policy_with(names + hooks));
  EXPECT_FALSE(verdict.checked);
  EXPECT_EQ(verdict.diagnostics.errors(), 1U);
  const Verdict unknown = judge(policy_with(hooks));
  EXPECT_EQ(unknown.diagnostics.errors(), 10'000U);
}

TEST(Lists, ThoseThatManyValuesName) {
  std::string text =
      "  lists: [{name: l, type: generated_syscalls}]\n  tracepoints:\n  - subsystem: raw_syscalls\n    "
      "event: "
      "sys_enter\n    args: [{index: 4, type: syscall64}]\n    selectors:\n    - matchArgs:\n      - index: "
      "4\n"
      "        operator: InMap\n        values:\n";
  for (size_t n = 0; n < 100'000; ++n) text += "        - 'list:l'\n";
  const Verdict verdict = judge(policy_with(text));
  EXPECT_FALSE(verdict.checked);
  EXPECT_EQ(verdict.diagnostics.errors(), 1U);
  EXPECT_TRUE(
      verdict.diagnostics.all().front().message.starts_with("with its lists expanded, this policy has more "))
      << verdict.text;
}

}  // namespace
}  // namespace tripline
