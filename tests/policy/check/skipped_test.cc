// SPDX-License-Identifier: Apache-2.0
// How hooks that enforce are attached where tasks preempt programs, and where they do not.
#include <gtest/gtest.h>

#include <string>

#include "kernel/kernel.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

struct Kernels {
  Result<Kernel> preempts = read_kernel_file(std::string(TRIPLINE_TEST_DATA) + "/kernels/debian-7.3.kernel");
  Result<Kernel> plain = read_kernel_file(std::string(TRIPLINE_TEST_DATA) + "/kernels/debian-6.12.kernel");
};

std::string hook(const std::string& call, const std::string& action, const std::string& more = {}) {
  return "  kprobes:\n  - call: " + call + "\n    syscall: false\n    args: [{index: 0, type: file}]\n" +
         more + "    selectors: [{matchActions: [{action: " + action + "}]}]\n";
}

// The attachment, the function attached to, and the one that events name.
std::string attached(const Kernel& kernel, const std::string& hooks) {
  const Source source = policy_with(hooks);
  Diagnostics diagnostics;
  const std::optional<Policy> policy = parse(source, diagnostics);
  if (!policy) return messages(diagnostics);
  const auto checked = check(*policy, kernel, diagnostics);
  if (!checked) return messages(diagnostics);
  const CheckedHook& only = checked->hooks.front();
  std::string out = std::string(attachment_name(only.attachment)) + ' ' + short_name(only.target) + ' ' +
                    shown_function(only);
  if (const auto* functions = std::get_if<target::Functions>(&only.target)) {
    for (const std::string& function : functions->names) out += ' ' + function;
  }
  return out;
}

TEST(CheckSkipped, WhatEnforcesIsAttachedElsewhere) {
  const Kernels kernels;
  ASSERT_TRUE(kernels.preempts && kernels.plain);
  struct Row {
    std::string hooks, plain, preempts;
  };
  const std::string opened = "security_file_open";
  for (const Row& row : {
           Row{hook(opened, "Sigkill"), "fentry " + opened + ' ' + opened,
               "kprobe_multi " + opened + ' ' + opened + ' ' + opened},
           {hook(opened, "Signal, argSig: 10"), "fentry " + opened + ' ' + opened,
            "kprobe_multi " + opened + ' ' + opened + ' ' + opened},
           {hook(opened, "Override, argError: -1"), "fmod_ret " + opened + ' ' + opened,
            "lsm file_open " + opened},
           // No error: an LSM program must not return it.
           {hook(opened, "Override, argError: 1"), "fmod_ret " + opened + ' ' + opened,
            "fmod_ret " + opened + ' ' + opened},
           // Nothing is enforced.
           {hook(opened, "Post"), "fentry " + opened + ' ' + opened, "fentry " + opened + ' ' + opened},
           // Nothing is enforced yet; its mode can change.
           {"  options: [{name: policy-mode, value: monitor}]\n" + hook(opened, "Sigkill"),
            "fentry " + opened + ' ' + opened, "kprobe_multi " + opened + ' ' + opened + ' ' + opened},
           // At the return nothing else sees every call.
           {hook(opened, "Sigkill", "    return: true\n    returnArg: {index: 0, type: int}\n"),
            "fentry " + opened + ' ' + opened, "fentry " + opened + ' ' + opened},
       }) {
    EXPECT_EQ(attached(*kernels.plain, row.hooks), row.plain) << row.hooks;
    EXPECT_EQ(attached(*kernels.preempts, row.hooks), row.preempts) << row.hooks;
  }
}

}  // namespace
}  // namespace tripline
