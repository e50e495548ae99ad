// SPDX-License-Identifier: Apache-2.0
// The ways in which functions are overridden; those in which they are watched are in check_hook_test.cc.
#include <gtest/gtest.h>

#include <string>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

Verdict on(const Kernel& kernel, const std::string& spec) {
  Verdict out;
  const Source source = policy_with(spec);
  out.policy = parse(source, out.diagnostics);
  if (out.policy) out.checked = check(*out.policy, kernel, out.diagnostics);
  out.diagnostics.sort();
  return out;
}

std::string overriding(const std::string& call) {
  return "  kprobes: [{" + call + ", selectors: [{matchActions: [{action: Override, argError: -13}]}]}]\n";
}

TEST(CheckOverride, EachKindOfFunctionInItsWay) {
  Kernel kernel = tiny_kernel();
  const auto attachment = [&](const std::string& call) {
    const Verdict verdict = on(kernel, overriding(call));
    EXPECT_TRUE(verdict.checked) << messages(verdict.diagnostics);
    return verdict.checked ? verdict.checked->hooks.at(0).attachment : Attachment::kFentry;
  };
  EXPECT_EQ(attachment("call: sys_lseek"), Attachment::kKprobe);
  EXPECT_EQ(attachment("call: security_file_open, syscall: false"), Attachment::kLsm);
  kernel.features.preempts = false;
  EXPECT_EQ(attachment("call: security_file_open, syscall: false"), Attachment::kFmodRet);
}

TEST(CheckOverride, Refusals) {
  const auto refused = [](const Kernel& kernel, const std::string& call) {
    return messages(on(kernel, overriding(call)).diagnostics);
  };
  Kernel kernel = tiny_kernel();
  EXPECT_EQ(refused(kernel, "call: fd_install, syscall: false"),
            "6:85 error: \"fd_install\" cannot be overridden\n");
  EXPECT_EQ(refused(kernel, "call: security_task_free, syscall: false"),
            "6:93 error: \"security_task_free\" cannot be overridden on this kernel\n");
  kernel.error_injection = {"other"};
  EXPECT_EQ(refused(kernel, "call: sys_lseek"), "6:68 error: this kernel cannot override system calls\n");
  kernel.error_injection.clear();
  EXPECT_EQ(refused(kernel, "call: sys_lseek"), "");
  kernel.features.override_return = false;
  EXPECT_EQ(refused(kernel, "call: sys_lseek"), "6:68 error: this kernel cannot override system calls\n");
  kernel.features.fmod_ret = false;
  EXPECT_EQ(refused(kernel, "call: security_file_open, syscall: false"),
            "6:93 error: \"security_file_open\" cannot be overridden on this kernel\n");
}

}  // namespace
}  // namespace tripline
