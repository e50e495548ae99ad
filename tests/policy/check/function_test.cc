// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

std::string hook(std::string_view fields) {
  return "  kprobes: [{syscall: false, " + std::string(fields) + "}]\n";
}

std::string told(std::string_view fields) { return messages(judge(policy_with(hook(fields))).diagnostics); }

// The one hook of a policy, on a kernel that a test has changed.
struct OnKernel {
  std::optional<CheckedHook> hook;
  std::string text;
};
OnKernel on(const Kernel& kernel, std::string_view fields) {
  Diagnostics diagnostics;
  const auto policy = parse(policy_with(hook(fields)), diagnostics);
  OnKernel out;
  if (policy) {
    if (auto checked = check(*policy, kernel, diagnostics); checked && !checked->hooks.empty()) {
      out.hook = checked->hooks.front();
    }
  }
  diagnostics.sort();
  for (const Diagnostic& each : diagnostics.all()) out.text += each.message + "|" + each.hint + "\n";
  return out;
}

TEST(CheckFunction, FunctionsThatAreNotThere) {
  const Verdict verdict = judge(policy_with(hook("call: fd_instal")));
  EXPECT_EQ(messages(verdict.diagnostics), "6:36 error: this kernel has no function \"fd_instal\"\n");
  EXPECT_EQ(verdict.diagnostics.all()[0].hint, "did you mean \"fd_install\"?");
  EXPECT_EQ(told("call: ''"), "6:36 error: the call is empty\n");
  EXPECT_EQ(told("call: hidden"), "6:36 error: the kernel function \"hidden\" cannot be traced\n");
  EXPECT_EQ(told("call: untyped"), "6:36 error: the kernel has no type information for \"untyped\"\n");
  EXPECT_EQ(told("call: of_module"),
            "6:36 error: the kernel has no type information for \"of_module [thing]\"\n");
}

TEST(CheckFunction, FunctionsThatMayBeMissingAreSkipped) {
  const Verdict verdict = judge(policy_with(hook("call: no_such, ignore: {callNotFound: true}")));
  EXPECT_EQ(messages(verdict.diagnostics),
            "6:36 warning: this kernel has no function \"no_such\"; the hook is skipped\n");
  ASSERT_TRUE(verdict.checked);
  EXPECT_TRUE(verdict.checked->hooks.empty());
  EXPECT_TRUE(verdict.checked->partial);
  const auto of_list = [](const std::string& names) {
    const Verdict some = judge(policy_with("  lists: [{name: l, values: [" + names + "]}]\n" +
                                           hook("call: 'list:l', ignore: {callNotFound: true}")));
    return some.checked
               ? std::to_string(some.checked->hooks.size()) + (some.checked->partial ? " partial" : "")
               : some.text;
  };
  EXPECT_EQ(of_list("fd_install, no_such"), "1 partial");
  EXPECT_EQ(of_list("no_such"), "0 partial");
  EXPECT_EQ(of_list("fd_install, vfs_read"), "2");
  const Verdict whole = judge(policy_with(hook("call: fd_install, ignore: {callNotFound: true}")));
  ASSERT_TRUE(whole.checked);
  EXPECT_FALSE(whole.checked->partial);
}

TEST(CheckFunction, SystemCallsThatAreNotThere) {
  const auto hint = [](std::string_view spec) {
    const Verdict verdict = judge(policy_with(spec));
    EXPECT_EQ(verdict.diagnostics.all().size(), 1U) << verdict.text;
    return verdict.diagnostics.all()[0].message + "|" + verdict.diagnostics.all()[0].hint;
  };
  EXPECT_EQ(
      hint("  kprobes: [{call: fd_install}]\n"),
      "this kernel has no system call \"fd_install\" (looked for \"__x64_fd_install\")|"
      "\"fd_install\" is a kernel function, not a system call: add \"syscall: false\" (the default is true)");
  EXPECT_EQ(hint("  kprobes: [{call: fd_instal}]\n"),
            "this kernel has no system call \"fd_instal\" (looked for \"__x64_fd_instal\")|"
            "did you mean \"fd_install\" with \"syscall: false\"?");
  EXPECT_EQ(hint("  kprobes: [{call: sys_lseak}]\n"),
            "this kernel has no system call \"sys_lseak\" (looked for \"__x64_sys_lseak\")|did you mean "
            "\"sys_lseek\"?");
  EXPECT_EQ(hint("  kprobes: [{call: __arm64_sys_lseek}]\n"),
            "this kernel has no system call \"__arm64_sys_lseek\" (looked for \"__arm64_sys_lseek\")|");
  EXPECT_EQ(
      hint(hook("call: sys_lseek")),
      "this kernel has no function \"sys_lseek\"|\"sys_lseek\" is a system call: remove \"syscall: false\"");
}

TEST(CheckFunction, KernelsWhoseFunctionsAreUnknown) {
  Kernel kernel = tiny_kernel();
  kernel.functions.clear();
  kernel.module_functions.clear();
  kernel.functions_known = false;
  EXPECT_TRUE(on(kernel, "call: fd_install").hook);
  EXPECT_EQ(on(kernel, "call: fd_instal").text,
            "this kernel has no function \"fd_instal\"|did you mean \"fd_install\"?\n");
}

}  // namespace
}  // namespace tripline
