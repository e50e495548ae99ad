// SPDX-License-Identifier: Apache-2.0
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

TEST(CheckLength, TheArgumentThatIsMeant) {
  const Verdict verdict = judge(policy_with(
      hook("call: vfs_read, args: [{index: 1, type: char_buf, sizeArgIndex: 3}, {index: 1, type: string}]")));
  ASSERT_TRUE(verdict.checked) << verdict.text;
  const std::vector<CheckedArg>& args = verdict.checked->hooks.at(0).args;
  EXPECT_EQ(args.at(0).size, (ArgSource{.kind = ArgSource::Kind::kParameter, .index = 2, .size = 8}));
  EXPECT_FALSE(args.at(1).size);
}

TEST(CheckLength, WhatIsNoLength) {
  const auto with = [](std::string_view index) {
    return told("call: vfs_read, args: [{index: 1, type: char_buf, sizeArgIndex: " + std::string(index) +
                "}]");
  };
  EXPECT_EQ(with("1"),
            "6:94 error: sizeArgIndex 1 means parameter 0, \"struct file *file\", which is not an integer\n");
  EXPECT_EQ(with("5"), "6:94 error: sizeArgIndex 5 means the argument with index 4, which does not exist\n");
  EXPECT_EQ(messages(judge(policy_with("  kprobes: [{call: sys_lseek, args: [{index: 0, type: char_buf, "
                                       "sizeArgIndex: 4}]}]\n"))
                         .diagnostics),
            "6:79 error: sizeArgIndex 4 means the argument with index 3, which does not exist\n");
}

}  // namespace
}  // namespace tripline
