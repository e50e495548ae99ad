// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

std::string hook(std::string_view fields) {
  return "  kprobes: [{syscall: false, " + std::string(fields) + "}]\n";
}

std::string told(std::string_view fields) { return messages(judge(policy_with(hook(fields))).diagnostics); }

// The one hook of a policy, on a kernel that a test has changed.
struct OnKernel {
  std::optional<CheckedHook> hook;
  std::string text;
};
OnKernel on(const Kernel& kernel, std::string_view fields) {
  Diagnostics diagnostics;
  const auto policy = parse(policy_with(hook(fields)), diagnostics);
  OnKernel out;
  if (policy) {
    if (auto checked = check(*policy, kernel, diagnostics); checked && !checked->hooks.empty()) {
      out.hook = checked->hooks.front();
    }
  }
  diagnostics.sort();
  for (const Diagnostic& each : diagnostics.all()) out.text += each.message + "|" + each.hint + "\n";
  return out;
}

TEST(CheckHook, FillsInEverything) {
  const Verdict verdict =
      judge(policy_with(hook("call: fd_install, message: 'say \"hi\"', tags: [aa], args: [{index: 0, type: "
                             "int, label: fd}, {index: 1, type: file}]")));
  ASSERT_TRUE(verdict.checked) << verdict.text;
  const CheckedHook& checked = verdict.checked->hooks.at(0);
  EXPECT_EQ(checked.call, "fd_install");
  EXPECT_EQ(checked.function, "fd_install");
  EXPECT_EQ(checked.attachment, Attachment::kFentry);
  EXPECT_FALSE(checked.attachment_reason.empty());
  ASSERT_EQ(checked.args.size(), 2U);
  EXPECT_EQ(checked.args[0].type, ArgType::kInt32);
  EXPECT_EQ(checked.args[0].label, "fd");
  EXPECT_EQ(checked.args[1].type, ArgType::kFile);
  EXPECT_EQ(checked.args[1].parameter, 1U);
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

TEST(CheckHook, FunctionsThatAreNotThere) {
  const Verdict verdict = judge(policy_with(hook("call: fd_instal")));
  EXPECT_EQ(messages(verdict.diagnostics), "6:36 error: this kernel has no function \"fd_instal\"\n");
  EXPECT_EQ(verdict.diagnostics.all()[0].hint, "did you mean \"fd_install\"?");
  EXPECT_EQ(told("call: ''"), "6:36 error: the call is empty\n");
  EXPECT_EQ(told("call: hidden"), "6:36 error: the kernel function \"hidden\" cannot be traced\n");
  EXPECT_EQ(told("call: untyped"), "6:36 error: the kernel has no type information for \"untyped\"\n");
  EXPECT_EQ(told("call: of_module"),
            "6:36 error: a function of a module (\"of_module\") is not supported yet\n");
}

TEST(CheckHook, FunctionsThatMayBeMissingAreSkipped) {
  const Verdict verdict = judge(policy_with(hook("call: no_such, ignore: {callNotFound: true}")));
  EXPECT_EQ(messages(verdict.diagnostics),
            "6:36 warning: this kernel has no function \"no_such\"; the hook is skipped\n");
  ASSERT_TRUE(verdict.checked);
  EXPECT_TRUE(verdict.checked->hooks.empty());
}

TEST(CheckHook, SystemCalls) {
  const auto hint = [](std::string_view spec) {
    const Verdict verdict = judge(policy_with(spec));
    EXPECT_EQ(verdict.diagnostics.all().size(), 1U) << verdict.text;
    return verdict.diagnostics.all()[0].message + "|" + verdict.diagnostics.all()[0].hint;
  };
  EXPECT_EQ(hint("  kprobes: [{call: fd_install}]\n"),
            "this kernel has no system call \"fd_install\" (looked for \"__x64_fd_install\")|"
            "\"fd_install\" is a function of the kernel: add \"syscall: false\" (the default is true)");
  EXPECT_EQ(hint("  kprobes: [{call: fd_instal}]\n"),
            "this kernel has no system call \"fd_instal\" (looked for \"__x64_fd_instal\")|"
            "did you mean \"fd_install\" with \"syscall: false\"?");
  EXPECT_EQ(hint("  kprobes: [{call: sys_lseak}]\n"),
            "this kernel has no system call \"sys_lseak\" (looked for \"__x64_sys_lseak\")|did you mean "
            "\"sys_lseek\"?");
  EXPECT_EQ(hint("  kprobes: [{call: sys_lseek}]\n"),
            "a system call (\"syscall: true\", the default) is not supported yet|");
  EXPECT_EQ(hint("  kprobes: [{call: __arm64_sys_lseek}]\n"),
            "this kernel has no system call \"__arm64_sys_lseek\" (looked for \"__arm64_sys_lseek\")|");
  EXPECT_EQ(hint(hook("call: sys_lseek")),
            "this kernel has no function \"sys_lseek\"|\"sys_lseek\" is a system call: leave \"syscall: "
            "false\" out");
}

TEST(CheckHook, Lists) {
  EXPECT_EQ(told("call: 'list:l'"), "6:36 error: there is no list \"l\"\n");
  EXPECT_EQ(messages(judge(policy_with(hook("call: 'list:l'") + "  lists: [{name: l}]\n")).diagnostics),
            "6:36 error: a list in \"call\" is not supported yet\n");
}

TEST(CheckHook, AFileMustBeAFile) {
  const Verdict verdict = judge(policy_with(hook("call: fd_install, args: [{index: 0, type: file}]")));
  ASSERT_EQ(verdict.diagnostics.all().size(), 1U);
  const Diagnostic& told_so = verdict.diagnostics.all()[0];
  EXPECT_EQ(told_so.span, (Span{6, 63, 1}));
  EXPECT_EQ(told_so.message, "parameter 0 of \"fd_install\" is \"unsigned int fd\", not a file");
  EXPECT_EQ(told_so.expected, "struct file *");
  EXPECT_EQ(told_so.hint, "parameter 1 is one, \"struct file *file\": write \"index: 1\"");
  EXPECT_EQ(told("call: takes_numbers, args: [{index: 0, type: file}]"),
            "6:66 error: parameter 0 of \"takes_numbers\" is \"long a\", not a file\n");
}

TEST(CheckHook, NumbersOfOtherWidthsAreToldOf) {
  const auto int_at = [](std::string_view function, int index, std::string_view type = "int") {
    return told("call: " + std::string(function) + ", args: [{index: " + std::to_string(index) +
                ", type: " + std::string(type) + "}]");
  };
  EXPECT_EQ(int_at("fd_install", 0), "");
  EXPECT_EQ(int_at("fd_install", 0, "int32"), "");
  EXPECT_EQ(int_at("takes_numbers", 0), "");
  EXPECT_EQ(int_at("takes_numbers", 0, "sint32"),
            "6:75 warning: parameter 0 of \"takes_numbers\" is \"long a\"; as int32 only its low 32 bits are "
            "read\n");
  EXPECT_EQ(
      int_at("takes_numbers", 1),
      "6:75 warning: parameter 1 of \"takes_numbers\" is \"u64 b\"; as int only its low 32 bits are read\n");
  EXPECT_EQ(int_at("takes_numbers", 3), "");
  EXPECT_NE(int_at("fd_install", 1).find("warning: parameter 1 of \"fd_install\" is \"struct file *file\""),
            std::string::npos);
  EXPECT_NE(int_at("takes_pair", 0)
                .find("error: parameter 0 of \"takes_pair\" is \"struct pair p\", not an integer"),
            std::string::npos);
}

TEST(CheckHook, IndexesBeyondThePrototype) {
  EXPECT_EQ(told("call: fd_install, args: [{index: 2, type: int}]"),
            "6:63 error: \"fd_install\" has 2 parameters; there is none with index 2\n");
  EXPECT_EQ(told("call: takes_nothing, args: [{index: 0, type: int}]"),
            "6:66 error: \"takes_nothing\" has 0 parameters; there is none with index 0\n");
}

TEST(CheckHook, NothingIsReadForNop) {
  EXPECT_EQ(told("call: fd_install, args: [{index: 7, type: nop}]"),
            "6:72 error: type nop is not supported yet\n");
}

TEST(CheckHook, ArgumentsThatAreNotBuilt) {
  EXPECT_EQ(told("call: fd_install, args: [{index: 0}]"),
            "6:55 error: the type of this argument is missing\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 0, type: auto}]"),
            "6:72 error: type auto cannot be used here\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 0, type: syscall64}]"),
            "6:72 error: type syscall64 cannot be used here\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 0, type: uint64}]"),
            "6:72 error: type uint64 is not supported yet\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 1, type: file, resolve: f_path}]"),
            "6:87 error: resolve is not supported yet\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 1, type: file, source: pt_regs}]"),
            "6:86 error: \"source\" cannot be used in args\n");
  EXPECT_EQ(told("call: fd_install, args: [{index: 1, type: file, returnCopy: true, sizeArgIndex: 16, "
                 "maxData: true}]"),
            "6:90 error: returnCopy is not supported yet\n6:110 error: sizeArgIndex is 16\n"
            "6:123 warning: maxData has no effect on this type\n");
  EXPECT_EQ(told("call: fd_install, data: [{index: 0, type: int, source: current_task, resolve: pid}]"),
            "6:55 error: data is not supported yet\n");
  EXPECT_EQ(
      told("call: fd_install, return: true, returnArg: {index: 0, type: int}, returnArgAction: TrackSock"),
      "6:56 error: return is not supported yet\n6:113 error: returnArgAction is not supported yet\n");
}

TEST(CheckHook, MessagesAndTags) {
  EXPECT_EQ(told("call: fd_install, message: x"), "6:57 error: this message is too short\n");
  EXPECT_EQ(told("call: fd_install, message: ''"), "");
  EXPECT_EQ(told("call: fd_install, tags: [ok, x, '']"),
            "6:59 error: this tag is too short\n6:62 error: this tag is too short\n");
  const std::string long_text(300, 'm');
  const Verdict verdict =
      judge(policy_with(hook("call: fd_install, message: " + long_text + ", tags: [" + long_text + "]")));
  ASSERT_TRUE(verdict.checked);
  EXPECT_EQ(verdict.checked->hooks[0].message, std::string(256, 'm'));
  EXPECT_EQ(verdict.checked->hooks[0].tags[0], std::string(128, 'm'));
  EXPECT_EQ(verdict.diagnostics.all().size(), 2U);
}

// ---- how it is attached

TEST(CheckHook, FentryIsChosenWhereItCanBeUsed) {
  const Kernel kernel = tiny_kernel();
  EXPECT_EQ(on(kernel, "call: takes_nothing").hook->attachment, Attachment::kFentry);
  for (const std::string function : {"takes_pair", "takes_many", "takes_any"}) {
    const OnKernel result = on(kernel, "call: " + function);
    ASSERT_TRUE(result.hook) << result.text;
    EXPECT_EQ(result.hook->attachment, Attachment::kKprobe) << function;
    EXPECT_NE(result.hook->attachment_reason.find("fentry cannot be used"), std::string::npos);
  }
}

TEST(CheckHook, KprobesReadOnlyRegisters) {
  const Kernel kernel = tiny_kernel();
  EXPECT_TRUE(on(kernel, "call: takes_many, args: [{index: 5, type: int}]").hook);
  EXPECT_EQ(on(kernel, "call: takes_many, args: [{index: 6, type: int}]").text,
            "parameter 6 of \"takes_many\" is passed in memory and cannot be read|\n");
  EXPECT_EQ(on(kernel, "call: takes_pair, args: [{index: 1, type: int}]").text,
            "parameter 1 of \"takes_pair\" is passed in memory and cannot be read|\n");
}

TEST(CheckHook, KernelsThatLackSomething) {
  Kernel kernel = tiny_kernel();
  kernel.features.fentry = false;
  EXPECT_EQ(on(kernel, "call: fd_install").hook->attachment, Attachment::kKprobe);
  kernel.features.kprobe = false;
  EXPECT_NE(on(kernel, "call: fd_install")
                .text.find("\"fd_install\" cannot be hooked on this kernel|neither fentry"),
            std::string::npos);
  kernel.features.fentry = true;
  EXPECT_NE(on(kernel, "call: takes_any")
                .text.find("cannot be hooked on this kernel|fentry cannot be used, it takes"),
            std::string::npos);
  kernel.btf.reset();
  EXPECT_NE(on(kernel, "call: fd_install").text.find("CONFIG_DEBUG_INFO_BTF"), std::string::npos);
}

TEST(CheckHook, KernelsWhoseFunctionsAreUnknown) {
  Kernel kernel = tiny_kernel();
  kernel.functions.clear();
  kernel.module_functions.clear();
  kernel.functions_known = false;
  EXPECT_TRUE(on(kernel, "call: fd_install").hook);
  EXPECT_EQ(on(kernel, "call: fd_instal").text,
            "this kernel has no function \"fd_instal\"|did you mean \"fd_install\"?\n");
}

}  // namespace
}  // namespace tripline
