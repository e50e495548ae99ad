// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "kernel/kernel.h"
#include "policy/corpus.h"
#include "policy/lint/lint.h"

namespace tripline {
namespace {

const Kernel& saved(const std::string& name) {
  static std::map<std::string, Kernel> kernels;
  const auto [kernel, is_new] = kernels.try_emplace(name);
  if (is_new) {
    Result<Kernel> read = read_kernel_file(std::string(TRIPLINE_TEST_DATA) + "/kernels/" + name + ".kernel");
    EXPECT_TRUE(read) << name;
    if (read) kernel->second = *std::move(read);
  }
  return kernel->second;
}

Verdict on(const std::string& kernel, const std::string& spec) {
  Verdict out;
  const Source source = policy_with(spec);
  out.policy = parse(source, out.diagnostics);
  if (out.policy) out.checked = check(*out.policy, saved(kernel), out.diagnostics);
  if (out.checked) lint(*out.checked, saved(kernel), out.diagnostics);
  out.diagnostics.sort();
  return out;
}

std::string told(const std::string& spec, const std::string& kernel = "debian-6.12") {
  return messages(on(kernel, spec).diagnostics);
}

std::string calls(const std::string& list) { return "  enforcers: [{calls: [" + list + "]}]\n"; }

std::string method(const std::string& name) {
  return "  options: [{name: override-method, value: " + name + "}]\n";
}

// A hook that notifies with these fields of the action.
std::string notifier(const std::string& call, const std::string& fields) {
  const bool function = call.starts_with("security_");
  return "  kprobes: [{call: " + call + (function ? ", syscall: false" : "") +
         ", selectors: [{matchActions: [{action: NotifyEnforcer" + fields + "}]}]}]\n";
}

// "ATTACHMENT FUNCTION" of each enforced call.
std::string enforced(const std::string& kernel, const std::string& spec) {
  const Verdict verdict = on(kernel, spec);
  if (!verdict.checked) return messages(verdict.diagnostics);
  std::string out;
  for (const CheckedHook& call : verdict.checked->enforced)
    out += std::string(attachment_name(call.attachment)) + ' ' + short_name(call.target) + '\n';
  return out;
}

TEST(CheckEnforcer, CallsByNameAndByList) {
  EXPECT_EQ(enforced("debian-6.12", calls("security_task_prctl, security_file_open")),
            "fmod_ret security_task_prctl\nfmod_ret security_file_open\n");
  EXPECT_EQ(enforced("inject-6.12", calls("sys_prctl, __x64_sys_dup2")),
            "kprobe __x64_sys_prctl\nkprobe __x64_sys_dup2\n");
  EXPECT_EQ(
      enforced("inject-6.12",
               calls("'list:l'") + "  lists: [{name: l, type: syscalls, values: [sys_umask, sys_dup2]}]\n"),
      "kprobe __x64_sys_umask\nkprobe __x64_sys_dup2\n");
  EXPECT_EQ(enforced("inject-6.12", "  enforcers: [{calls: [sys_prctl]}, {calls: [sys_prctl, sys_dup2]}]\n"),
            "kprobe __x64_sys_prctl\nkprobe __x64_sys_dup2\n")
      << "each function once";
  EXPECT_EQ(told(calls("'list:no'")), "6:24 error: unknown list \"no\"\n");
}

TEST(CheckEnforcer, Methods) {
  EXPECT_EQ(enforced("inject-6.12", calls("sys_prctl") + method("fmod-ret")), "fmod_ret __x64_sys_prctl\n");
  EXPECT_EQ(enforced("inject-6.12", calls("sys_prctl") + method("override-return")),
            "kprobe __x64_sys_prctl\n");
  EXPECT_EQ(enforced("inject-6.12", calls("security_task_prctl") + method("fmod-ret")),
            "fmod_ret security_task_prctl\n");
  EXPECT_EQ(told(calls("security_task_prctl") + method("override-return"), "inject-6.12"),
            "7:44 error: override-return cannot be used with security functions\n");
  EXPECT_EQ(told(calls("sys_prctl")), "6:24 error: this kernel cannot override system calls\n");
}

TEST(CheckEnforcer, WhatCannotBeEnforced) {
  EXPECT_EQ(told(calls("tcp_close")),
            "6:24 error: \"tcp_close\" is neither a system call nor a security function\n");
  EXPECT_EQ(told(calls("security_no_such")),
            "6:24 error: this kernel has no function \"security_no_such\"\n");
  EXPECT_EQ(told(notifier("sys_prctl", ", argError: -1")),
            "6:68 error: NotifyEnforcer needs an enforcer, and the policy has none\n");
}

const CheckedAction& action(const Verdict& verdict) {
  return verdict.checked->hooks.at(0).selectors.at(0).actions.at(0);
}

TEST(CheckEnforcer, ANoticeHasSixteenBitsOfEach) {
  const Verdict verdict = on("debian-6.12", calls("security_task_prctl") +
                                                notifier("sys_prctl", ", argError: 65549, argSig: 65545"));
  ASSERT_TRUE(verdict.checked) << messages(verdict.diagnostics);
  EXPECT_EQ(action(verdict).error, 13);
  EXPECT_EQ(action(verdict).signal, 9U);
  EXPECT_FALSE(action(verdict).direct);
  EXPECT_TRUE(verdict.checked->enforce);
}

TEST(CheckEnforcer, OnTheEnforcedCallItself) {
  const Verdict security =
      on("debian-6.12", calls("security_task_prctl") + notifier("security_task_prctl", ", argError: -13"));
  ASSERT_TRUE(security.checked) << messages(security.diagnostics);
  EXPECT_TRUE(action(security).direct);
  EXPECT_EQ(security.checked->hooks[0].attachment, Attachment::kFmodRet);
  EXPECT_TRUE(messages(security.diagnostics).contains("warning: this enforcer is not needed"));
  const Verdict call = on("inject-6.12", calls("sys_prctl") + notifier("sys_prctl", ", argError: -13"));
  ASSERT_TRUE(call.checked) << messages(call.diagnostics);
  EXPECT_TRUE(action(call).direct);
  EXPECT_EQ(call.checked->hooks[0].attachment, Attachment::kKprobe);
}

TEST(CheckEnforcer, WhereTasksPreemptPrograms) {
  EXPECT_EQ(enforced("debian-7.3", calls("security_task_prctl") + notifier("sys_prctl", ", argError: -13")),
            "lsm task_prctl\n");
  EXPECT_EQ(enforced("debian-7.3", calls("security_task_prctl") + notifier("sys_prctl", ", argError: 77")),
            "fmod_ret security_task_prctl\n")
      << "an LSM program cannot return that";
}

TEST(CheckEnforcer, NobodyNotifies) {
  EXPECT_EQ(told(calls("security_task_prctl")), "6:24 warning: nothing notifies this enforcer\n");
  EXPECT_TRUE(told(calls("security_task_prctl") + notifier("sys_prctl", ""))
                  .contains("warning: NotifyEnforcer enforces nothing"));
}

}  // namespace
}  // namespace tripline
