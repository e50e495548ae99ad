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

TEST(CheckArguments, ArgumentsOfSystemCalls) {
  const Verdict verdict = judge(policy_with(
      "  kprobes: [{call: sys_lseek, args: [{index: 2, type: uint32}, {index: 4, type: int}]}]\n"));
  ASSERT_TRUE(verdict.checked) << verdict.text;
  EXPECT_EQ(verdict.text, "");
  const CheckedHook& checked = verdict.checked->hooks.at(0);
  EXPECT_EQ(short_name(checked.target), "__x64_sys_lseek");
  EXPECT_EQ(checked.args.at(0).source, (ArgSource{.kind = ArgSource::Kind::kSyscall, .index = 2}));
  EXPECT_EQ(
      messages(
          judge(policy_with("  kprobes: [{call: sys_lseek, args: [{index: 6, type: int}]}]\n")).diagnostics),
      "6:46 error: \"sys_lseek\" has no argument with index 6\n");
  // The register of a sixth argument is there for those that have one.
  EXPECT_EQ(
      messages(
          judge(policy_with("  kprobes:\n  - {call: sys_mmap, args: [{index: 5, type: int}]}\n"
                            "  - {call: sys_lseek, args: [{index: 5, type: int}, {index: 4, type: int}]}\n"))
              .diagnostics),
      "7:12 error: this kernel has no system call \"sys_mmap\" (looked for \"__x64_sys_mmap\")\n"
      "8:38 error: \"sys_lseek\" has no argument with index 5\n");
}

TEST(CheckArguments, AddressesOfAProcess) {
  const Verdict verdict = judge(policy_with(
      hook("call: vfs_read, args: [{index: 1, type: char_buf, sizeArgIndex: 3}, {index: 0, type: file}]")));
  ASSERT_TRUE(verdict.checked) << verdict.text;
  const CheckedHook& checked = verdict.checked->hooks.at(0);
  EXPECT_TRUE(is_of_process(checked.attachment, checked.args.at(0).source));
  EXPECT_FALSE(is_of_process(checked.attachment, checked.args.at(1).source));
  EXPECT_FALSE(is_of_process(checked.attachment, *checked.args.at(0).size));
}

TEST(CheckArguments, IndexesBeyondThePrototype) {
  EXPECT_EQ(told("call: fd_install, args: [{index: 2, type: int}]"),
            "6:63 error: \"fd_install\" has 2 parameters; there is none with index 2\n");
  EXPECT_EQ(told("call: takes_nothing, args: [{index: 0, type: int}]"),
            "6:66 error: \"takes_nothing\" has 0 parameters; there is none with index 0\n");
}

TEST(CheckArguments, NothingIsReadForNop) {
  EXPECT_EQ(told("call: fd_install, args: [{index: 7, type: nop}]"), "");
}

TEST(CheckArguments, ArgumentsThatAreNotBuilt) {
  EXPECT_EQ(told("call: fd_install, args: [{index: 0}]"),
            "6:55 error: the type of this argument is missing\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 0, type: auto}]"),
            "6:72 error: type auto cannot be used here\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 0, type: syscall64}]"),
            "6:72 error: type syscall64 cannot be used here\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 0, type: const_buf}]"),
            "6:72 error: type const_buf cannot be used here\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 0, type: skb}]"),
            "6:63 error: parameter 0 of \"fd_install\" is \"unsigned int fd\", not a skb\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 1, type: file, source: pt_regs}]"),
            "6:86 error: \"source\" cannot be used in args\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 1, type: file, returnCopy: true, sizeArgIndex: 16, "
                 "maxData: true}]"),
            "6:90 error: returnCopy cannot be used with type file\n6:110 error: sizeArgIndex is 16\n"
            "6:123 warning: maxData has no effect on this type\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 1, type: char_buf, returnCopy: true}]"),
            "6:94 error: \"fd_install\" returns nothing\n");
  EXPECT_EQ(told("call: fd_install, data: [{index: 0, type: int, source: current_task, resolve: pid}]"),
            "6:108 error: this kernel's BTF has no struct task_struct\n");
  EXPECT_EQ(
      told("call: fd_install, return: true, returnArg: {index: 0, type: int}, returnArgAction: TrackSock"),
      "6:56 error: \"fd_install\" returns nothing\n6:113 warning: returnArgAction has no effect: no socket "
      "is "
      "returned\n");
  EXPECT_EQ(told("call: takes_numbers, return: true, returnArg: {index: 0, type: sock}, returnArgAction: "
                 "UntrackSock"),
            "");
  EXPECT_EQ(told("call: takes_numbers, return: true, returnArg: {index: 0, type: sock}, returnArgAction: "
                 "uNTRACKsock"),
            "");
  EXPECT_EQ(
      told("call: takes_numbers, return: true, returnArg: {index: 0, type: sock}, returnArgAction: Post"),
      "6:117 error: returnArgAction cannot be \"Post\"\n");
}

TEST(CheckArguments, AllOfABuffer) {
  const Verdict verdict = judge(policy_with(
      hook("call: fd_install, args: [{index: 1, type: char_buf, sizeArgIndex: 1, maxData: true}, {index: 0, "
           "type: int}]")));
  ASSERT_TRUE(verdict.checked) << verdict.text;
  EXPECT_TRUE(verdict.checked->hooks.at(0).args.at(0).max_data);
  EXPECT_FALSE(verdict.checked->hooks.at(0).args.at(1).max_data);
  EXPECT_EQ(told("call: takes_numbers, return: true, returnArg: {index: 0, type: int, maxData: true}"),
            "6:107 warning: maxData has no effect on this type\n");
}

}  // namespace
}  // namespace tripline
