// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "kernel/kernel.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

Kernel saved(const std::string& name) {
  Result<Kernel> kernel = read_kernel_file(std::string(TRIPLINE_TEST_DATA) + "/kernels/" + name + ".kernel");
  EXPECT_TRUE(kernel) << name;
  return kernel ? *std::move(kernel) : Kernel();
}

Verdict on(const Kernel& kernel, const Source& source) {
  Verdict out;
  out.policy = parse(source, out.diagnostics);
  if (out.policy) out.checked = check(*out.policy, kernel, out.diagnostics);
  out.diagnostics.sort();
  return out;
}

constexpr const char* kLoader = "  loader: true\n";

TEST(CheckLoader, AHookWhereMappingsAreMade) {
  for (const char* name : {"debian-5.10", "debian-6.1", "debian-6.12", "debian-7.3"}) {
    const Verdict verdict = on(saved(name), policy_with(kLoader));
    ASSERT_TRUE(verdict.checked) << name << ": " << messages(verdict.diagnostics);
    ASSERT_EQ(verdict.checked->hooks.size(), 1U);
    const CheckedHook& hook = verdict.checked->hooks[0];
    EXPECT_EQ(hook.kind, HookKind::kLoader);
    EXPECT_EQ(hook.attachment, Attachment::kFentry);
    // Before 5.19 the former cannot be traced.
    EXPECT_EQ(short_name(hook.target),
              std::string(name) == "debian-5.10" ? "mmap_region" : "perf_event_mmap");
    EXPECT_FALSE(has_mode(*verdict.checked));
  }
}

TEST(CheckLoader, WhatTheKernelLacks) {
  EXPECT_EQ(messages(on(tiny_kernel(), policy_with(kLoader)).diagnostics),
            "6:11 error: this kernel cannot tell what processes map\n");
  Kernel kernel = tiny_kernel();
  kernel.btf.reset();
  EXPECT_EQ(messages(on(kernel, policy_with(kLoader)).diagnostics),
            "6:11 error: this kernel has no type information (BTF)\n");
  Kernel locked = saved("debian-6.12");
  locked.features.fentry = false;
  EXPECT_EQ(on(locked, policy_with(kLoader)).checked->hooks[0].attachment, Attachment::kKprobe);
  locked.features.kprobe = false;
  EXPECT_EQ(messages(on(locked, policy_with(kLoader)).diagnostics),
            "6:11 error: this kernel cannot tell what processes map\n");
}

TEST(CheckLoader, CannotBeLimitedToWorkloads) {
  const Kernel kernel = saved("debian-6.12");
  const std::string refused = "error: loader cannot be limited to some workloads";
  for (const char* more : {"  podSelector: {}\n", "  containerSelector: {}\n", "  hostSelector: {}\n"}) {
    const std::string told = messages(on(kernel, policy_with(std::string(kLoader) + more)).diagnostics);
    EXPECT_TRUE(told.contains(refused)) << more << told;
  }
  const Source namespaced{
      "n", "kind: TracingPolicyNamespaced\nmetadata: {name: a, namespace: b}\nspec: {loader: true}\n"};
  EXPECT_TRUE(messages(on(kernel, namespaced).diagnostics).contains(refused));
}

TEST(CheckLoader, GoesWithHooks) {
  const Verdict verdict =
      on(saved("debian-6.12"),
         policy_with(std::string(kLoader) + "  kprobes: [{call: fd_install, syscall: false}]\n"));
  ASSERT_TRUE(verdict.checked) << messages(verdict.diagnostics);
  EXPECT_EQ(verdict.checked->hooks.size(), 2U);
  EXPECT_TRUE(has_mode(*verdict.checked));
}

}  // namespace
}  // namespace tripline
