// SPDX-License-Identifier: Apache-2.0
// What the agreement tests stand on: a description of this machine's kernel, and memory that its programs see.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "agree/kernel_memory.h"
#include "kernel/kernel.h"

namespace tripline::agree {

class OnThisKernel : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    Result<ProbeReport> probed = probe_kernel({.functions = false});
    ASSERT_TRUE(probed) << probed.error().text();
    kernel = std::make_unique<Kernel>(std::move(probed->kernel));
    ASSERT_TRUE(kernel->btf);
    Result<std::unique_ptr<KernelMemory>> created = KernelMemory::create();
    ASSERT_TRUE(created) << created.error().text();
    memory = std::move(*created);
  }
  static void TearDownTestSuite() {
    memory.reset();
    kernel.reset();
  }

  static inline std::unique_ptr<Kernel> kernel;
  static inline std::unique_ptr<KernelMemory> memory;
};

}  // namespace tripline::agree
