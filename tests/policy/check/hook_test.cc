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

TEST(CheckHook, FillsInEverything) {
  const Verdict verdict =
      judge(policy_with(hook("call: fd_install, message: 'say \"hi\"', tags: [aa], args: [{index: 0, type: "
                             "int, label: fd}, {index: 1, type: file}]")));
  ASSERT_TRUE(verdict.checked) << verdict.text;
  const CheckedHook& checked = verdict.checked->hooks.at(0);
  EXPECT_EQ(checked.call, "fd_install");
  EXPECT_EQ(checked.target, Target(target::Function{"fd_install"}));
  EXPECT_EQ(checked.attachment, Attachment::kFentry);
  EXPECT_FALSE(checked.attachment_reason.empty());
  ASSERT_EQ(checked.args.size(), 2U);
  EXPECT_EQ(checked.args[0].type, ArgType::kInt);
  EXPECT_EQ(checked.args[0].label, "fd");
  EXPECT_EQ(checked.args[1].type, ArgType::kFile);
  EXPECT_EQ(checked.args[1].source.index, 1U);
  EXPECT_EQ(checked.message, R"(say \"hi\")");
  EXPECT_EQ(checked.tags, std::vector<std::string>{"aa"});
  EXPECT_EQ(checked.index, 0U);
  ASSERT_EQ(checked.selectors.size(), 1U);
  EXPECT_TRUE(checked.selectors[0].filters.empty());
  ASSERT_EQ(checked.selectors[0].actions.size(), 1U);
  EXPECT_EQ(checked.selectors[0].actions[0].kind, CheckedAction::Kind::kPost);
}

TEST(CheckHook, SeveralHooksOfBothSections) {
  const Verdict verdict = judge(
      policy_with("  kprobes: [{call: fd_install, syscall: false}, {call: fd_install, syscall: false}]\n"
                  "  fentries: [{call: vfs_read, syscall: false}]\n"));
  ASSERT_TRUE(verdict.checked) << verdict.text;
  ASSERT_EQ(verdict.checked->hooks.size(), 3U);
  EXPECT_EQ(verdict.checked->hooks[1].index, 1U);
  EXPECT_EQ(verdict.checked->hooks[2].index, 0U);
}

TEST(CheckHook, Lists) {
  EXPECT_EQ(told("call: 'list:l'"), "6:36 error: unknown list \"l\"\n");
  EXPECT_EQ(messages(judge(policy_with(hook("call: 'list:l'") + "  lists: [{name: l}]\n")).diagnostics),
            "6:36 warning: the list \"l\" is empty; the hook is skipped\n");
  const Verdict functions = judge(
      policy_with("  kprobes: [{call: 'list:l'}]\n  lists: [{name: l, values: [fd_install, vfs_read]}]\n"));
  EXPECT_EQ(messages(functions.diagnostics),
            "6:20 warning: the list \"l\" holds functions, which are not system calls\n");
  ASSERT_TRUE(functions.checked);
  EXPECT_EQ(functions.checked->hooks.at(1).target, Target(target::Function{"vfs_read"}));
  EXPECT_EQ(messages(judge(policy_with(
                               "  kprobes: [{call: 'list:l'}]\n  lists: [{name: l, values: [sys_lseek]}]\n"))
                         .diagnostics),
            "");
}

}  // namespace
}  // namespace tripline
