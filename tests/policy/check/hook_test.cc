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

TEST(CheckHook, FunctionsThatAreNotThere) {
  const Verdict verdict = judge(policy_with(hook("call: fd_instal")));
  EXPECT_EQ(messages(verdict.diagnostics), "6:36 error: this kernel has no function \"fd_instal\"\n");
  EXPECT_EQ(verdict.diagnostics.all()[0].hint, "did you mean \"fd_install\"?");
  EXPECT_EQ(told("call: ''"), "6:36 error: the call is empty\n");
  EXPECT_EQ(told("call: hidden"), "6:36 error: the kernel function \"hidden\" cannot be traced\n");
  EXPECT_EQ(told("call: untyped"), "6:36 error: the kernel has no type information for \"untyped\"\n");
  EXPECT_EQ(told("call: of_module"),
            "6:36 error: the kernel has no type information for \"of_module [thing]\"\n");
}

TEST(CheckHook, FunctionsThatMayBeMissingAreSkipped) {
  const Verdict verdict = judge(policy_with(hook("call: no_such, ignore: {callNotFound: true}")));
  EXPECT_EQ(messages(verdict.diagnostics),
            "6:36 warning: this kernel has no function \"no_such\"; the hook is skipped\n");
  ASSERT_TRUE(verdict.checked);
  EXPECT_TRUE(verdict.checked->hooks.empty());
  EXPECT_TRUE(verdict.checked->partial);
  const auto of_list = [](const std::string& names) {
    const Verdict some = judge(policy_with("  lists: [{name: l, values: [" + names + "]}]\n" +
                                           hook("call: 'list:l', ignore: {callNotFound: true}")));
    return some.checked
               ? std::to_string(some.checked->hooks.size()) + (some.checked->partial ? " partial" : "")
               : some.text;
  };
  EXPECT_EQ(of_list("fd_install, no_such"), "1 partial");
  EXPECT_EQ(of_list("no_such"), "0 partial");
  EXPECT_EQ(of_list("fd_install, vfs_read"), "2");
  const Verdict whole = judge(policy_with(hook("call: fd_install, ignore: {callNotFound: true}")));
  ASSERT_TRUE(whole.checked);
  EXPECT_FALSE(whole.checked->partial);
}

TEST(CheckHook, ArgumentsOfSystemCalls) {
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

TEST(CheckHook, SystemCallsThatAreNotThere) {
  const auto hint = [](std::string_view spec) {
    const Verdict verdict = judge(policy_with(spec));
    EXPECT_EQ(verdict.diagnostics.all().size(), 1U) << verdict.text;
    return verdict.diagnostics.all()[0].message + "|" + verdict.diagnostics.all()[0].hint;
  };
  EXPECT_EQ(
      hint("  kprobes: [{call: fd_install}]\n"),
      "this kernel has no system call \"fd_install\" (looked for \"__x64_fd_install\")|"
      "\"fd_install\" is a kernel function, not a system call: add \"syscall: false\" (the default is true)");
  EXPECT_EQ(hint("  kprobes: [{call: fd_instal}]\n"),
            "this kernel has no system call \"fd_instal\" (looked for \"__x64_fd_instal\")|"
            "did you mean \"fd_install\" with \"syscall: false\"?");
  EXPECT_EQ(hint("  kprobes: [{call: sys_lseak}]\n"),
            "this kernel has no system call \"sys_lseak\" (looked for \"__x64_sys_lseak\")|did you mean "
            "\"sys_lseek\"?");
  EXPECT_EQ(hint("  kprobes: [{call: __arm64_sys_lseek}]\n"),
            "this kernel has no system call \"__arm64_sys_lseek\" (looked for \"__arm64_sys_lseek\")|");
  EXPECT_EQ(
      hint(hook("call: sys_lseek")),
      "this kernel has no function \"sys_lseek\"|\"sys_lseek\" is a system call: remove \"syscall: false\"");
}

TEST(CheckHook, Lists) {
  EXPECT_EQ(told("call: 'list:l'"), "6:36 error: there is no list \"l\"\n");
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

TEST(CheckHook, WhatIsReturned) {
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

TEST(CheckHook, ReturnsThatAreWrong) {
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

TEST(CheckHook, FieldsThatReturnArgHasNoUseFor) {
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

TEST(CheckHook, IndexesBeyondThePrototype) {
  EXPECT_EQ(told("call: fd_install, args: [{index: 2, type: int}]"),
            "6:63 error: \"fd_install\" has 2 parameters; there is none with index 2\n");
  EXPECT_EQ(told("call: takes_nothing, args: [{index: 0, type: int}]"),
            "6:66 error: \"takes_nothing\" has 0 parameters; there is none with index 0\n");
}

TEST(CheckHook, NothingIsReadForNop) {
  EXPECT_EQ(told("call: fd_install, args: [{index: 7, type: nop}]"), "");
}

TEST(CheckHook, ArgumentsThatAreNotBuilt) {
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

TEST(CheckHook, AllOfABuffer) {
  const Verdict verdict = judge(policy_with(
      hook("call: fd_install, args: [{index: 1, type: char_buf, sizeArgIndex: 1, maxData: true}, {index: 0, "
           "type: int}]")));
  ASSERT_TRUE(verdict.checked) << verdict.text;
  EXPECT_TRUE(verdict.checked->hooks.at(0).args.at(0).max_data);
  EXPECT_FALSE(verdict.checked->hooks.at(0).args.at(1).max_data);
  EXPECT_EQ(told("call: takes_numbers, return: true, returnArg: {index: 0, type: int, maxData: true}"),
            "6:107 warning: maxData has no effect on this type\n");
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
  // The length of a buffer is a parameter too.
  EXPECT_TRUE(on(kernel, "call: takes_many, args: [{index: 0, type: char_buf, sizeArgIndex: 6}]").hook);
  const OnKernel length = on(kernel, "call: takes_many, args: [{index: 0, type: char_buf, sizeArgIndex: 7}]");
  EXPECT_FALSE(length.hook);
  EXPECT_TRUE(
      length.text.ends_with("\nparameter 6 of \"takes_many\" is passed in memory and cannot be read|\n"))
      << length.text;
}

TEST(CheckHook, StructsByValueTakeRegisters) {
  const Kernel kernel = tiny_kernel();
  const auto place = [&](const std::string& function, uint32_t index) -> std::string {
    const OnKernel result =
        on(kernel, "call: " + function + ", args: [{index: " + std::to_string(index) + ", type: int}]");
    if (!result.hook) return result.text;
    EXPECT_EQ(result.hook->attachment, Attachment::kKprobe);
    const ArgSource& source = result.hook->args.at(0).source;
    EXPECT_EQ(source.index, index);
    return std::to_string(source.reg.value_or(index));
  };
  const auto memory = [](const std::string& function, uint32_t index) {
    return "parameter " + std::to_string(index) + " of \"" + function +
           "\" is passed in memory and cannot be read|\n";
  };
  EXPECT_EQ(place("takes_pair", 1), "2");
  const std::string structs = "takes_structs";
  EXPECT_EQ(place(structs, 0), "0");
  EXPECT_EQ(place(structs, 2), "1") << "what is longer than two registers takes none";
  EXPECT_EQ(place(structs, 4), "4");
  EXPECT_EQ(place(structs, 6), "5") << "there was one left, too few for the struct before";
  EXPECT_EQ(place(structs, 7), memory(structs, 7));
  EXPECT_EQ(place("takes_packed", 1), "0") << "what is not aligned takes none";
  EXPECT_EQ(place("returns_large", 0), "1") << "the first one has the address of the result";
  EXPECT_EQ(place("returns_pair", 0), "0");
  const auto text = [&](const std::string& rest) {
    return on(kernel, "call: takes_structs, args: [{index: " + rest + "}]").text;
  };
  EXPECT_TRUE(text("1, type: string").contains(memory(structs, 1)));
  EXPECT_TRUE(text("5, type: char_buf, sizeArgIndex: 1").contains(memory(structs, 5)));
  EXPECT_EQ(text("1, type: nop"), "");
  // An address in a struct, and its length behind it.
  const OnKernel buffer =
      on(kernel, "call: takes_structs, args: [{index: 3, type: char_buf, sizeArgIndex: 5}]");
  ASSERT_TRUE(buffer.hook) << buffer.text;
  EXPECT_EQ(buffer.hook->args.at(0).source.reg, 2U);
  EXPECT_FALSE(buffer.hook->args.at(0).size->reg) << "it is where its index says";
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
