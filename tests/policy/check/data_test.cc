// SPDX-License-Identifier: Apache-2.0
// What is at the end of paths is in resolve_test.cc.
#include <gtest/gtest.h>

#include <string>

#include "policy/checked.h"
#include "policy/corpus.h"

namespace tripline {
namespace {

std::string hook(std::string_view fields) {
  return "  kprobes: [{syscall: false, " + std::string(fields) + "}]\n";
}

std::string told(std::string_view fields) { return messages(judge(policy_with(hook(fields))).diagnostics); }

TEST(CheckData, RefusedWithoutASourceOrAPath) {
  EXPECT_EQ(told("call: fd_install, data: [{index: 0, type: int}]"), "6:55 error: data needs a source\n");
  EXPECT_EQ(told("call: fd_install, data: [{index: 0, type: int, source: x}]"),
            "6:85 error: unknown source \"x\"\n");
  EXPECT_EQ(told("call: fd_install, data: [{index: 0, type: int, source: pt_regs}]"),
            "6:55 error: data needs \"resolve\"\n");
  EXPECT_TRUE(told("call: fd_install, data: [{index: 0, type: uint64, source: pt_regs, resolve: rip, "
                   "sizeArgIndex: 1}]")
                  .contains("warning: sizeArgIndex has no effect in data\n"));
}

}  // namespace
}  // namespace tripline
