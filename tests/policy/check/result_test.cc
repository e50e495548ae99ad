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

TEST(CheckResult, WhatIsReturned) {
  const Verdict verdict = judge(policy_with(
      "  kprobes: [{call: vfs_read, syscall: false, args: [{index: 0, type: file}], return: true,\n"
      "   returnArg: {index: 3, type: int64}, selectors: [{matchReturnArgs: [{index: 3, operator: LT, "
      "values: ['0']}],\n"
      "   matchReturnActions: [{action: NoPost}]}, {}]}]\n"));
  ASSERT_TRUE(verdict.checked) << verdict.text;
  EXPECT_EQ(verdict.text, "");
  const CheckedHook& hook = verdict.checked->hooks.at(0);
  ASSERT_TRUE(hook.result);
  EXPECT_TRUE(waits_for_return(hook));
  EXPECT_EQ(hook.result->type, ArgType::kInt64);
  EXPECT_EQ(hook.result->source, (ArgSource{.kind = ArgSource::Kind::kResult, .index = 4}));
  ASSERT_EQ(hook.selectors.size(), 2U);
  const CheckedSelector& first = hook.selectors[0];
  EXPECT_EQ(std::get<IntFilter>(first.return_filters.at(0)).op, IntFilter::Op::kLess);
  ASSERT_EQ(first.return_actions.size(), 1U);
  EXPECT_EQ(first.return_actions[0].kind, CheckedAction::Kind::kNoPost);
  EXPECT_TRUE(first.filters.empty());
  EXPECT_TRUE(hook.selectors[1].return_filters.empty());
  ASSERT_EQ(hook.selectors[1].return_actions.size(), 1U);
  EXPECT_EQ(hook.selectors[1].return_actions[0].kind, CheckedAction::Kind::kPost);
}

TEST(CheckResult, ReturnsThatAreWrong) {
  const auto told_of = [](const std::string& fields) {
    return messages(judge(policy_with("  kprobes: [{call: vfs_read, syscall: false, return: true,\n   " +
                                      fields + "}]\n"))
                        .diagnostics);
  };
  EXPECT_EQ(told_of("message: none"), "6:54 error: \"return\" is true and \"returnArg\" is missing\n");
  EXPECT_EQ(told_of("returnArg: {index: 0, type: auto}"), "7:32 error: type auto cannot be used here\n");
  EXPECT_EQ(
      told_of("returnArg: {index: 0, type: int}, selectors: [{matchReturnArgs: [{index: 1, operator: Equal, "
              "values: ['0']}, {args: [1], operator: Equal, values: ['0']}]}]"),
      "7:77 error: the index of returnArg is 0, not 1\n7:121 error: position 1 is not that of returnArg\n");
}

TEST(CheckResult, FieldsThatReturnArgHasNoUseFor) {
  EXPECT_EQ(told("call: takes_numbers, return: true, returnArg: {index: 0, type: uint32, resolve: f_flags, "
                 "btfType: file, btfTypeModule: m, source: pt_regs}"),
            "6:110 error: \"resolve\" cannot be used in returnArg\n"
            "6:128 error: \"btfType\" cannot be used in returnArg\n"
            "6:149 error: \"btfTypeModule\" cannot be used in returnArg\n"
            "6:160 error: \"source\" cannot be used in returnArg\n");
  EXPECT_EQ(told("call: takes_numbers, return: true, returnArg: {index: 0, type: uint32, sizeArgIndex: 1, "
                 "returnCopy: true}"),
            "6:115 warning: sizeArgIndex has no effect in returnArg\n"
            "6:130 warning: returnCopy has no effect in returnArg\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 1, type: file, btfType: file}]"),
            "6:87 warning: btfType has no effect without resolve\n");
}

}  // namespace
}  // namespace tripline
