// SPDX-License-Identifier: Apache-2.0
// Paths through the types of a real kernel, and everything that can be wrong with one.
#include "policy/check/resolve.h"

#include <gtest/gtest.h>

#include "policy/corpus.h"

namespace tripline {
namespace {

const Kernel& kernel() {
  static const Kernel kKernel = [] {
    Result<Kernel> read = read_kernel_file(std::string(TRIPLINE_TEST_DATA) + "/kernels/debian-6.12.kernel");
    return read ? std::move(*read) : Kernel{};
  }();
  return kKernel;
}

struct Outcome {
  std::optional<CheckedPolicy> checked;
  Diagnostics diagnostics;
};

Outcome judge_hook(const std::string& fields) {
  const std::string text =
      "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: p}\nspec:\n  kprobes:\n  - "
      "call: "
      "fd_install\n    syscall: false\n" +
      fields;
  Outcome out;
  const Source source("p.yaml", text);
  const std::optional<Policy> policy = parse(source, out.diagnostics);
  if (policy) out.checked = check(*policy, kernel(), out.diagnostics);
  return out;
}

Outcome argument(const std::string& fields) {
  return judge_hook("    args:\n    - {index: 1, " + fields + "}\n");
}
Outcome datum(const std::string& fields) {
  return judge_hook("    data:\n    - {index: 0, " + fields + "}\n");
}

CheckedArg only(const Outcome& outcome) {
  EXPECT_TRUE(outcome.checked) << messages(outcome.diagnostics);
  return outcome.checked ? outcome.checked->hooks.at(0).args.at(0) : CheckedArg{};
}

uint32_t offset(std::string_view type, std::string_view member) {
  return kernel().btf->member(type, member)->offset;
}

TEST(Resolve, EveryComponentIsAStep) {
  const CheckedArg arg = only(argument("type: uint32, resolve: f_path.dentry.d_inode.i_sb.s_bdev.bd_dev"));
  EXPECT_EQ(arg.type, ArgType::kUint32);
  EXPECT_EQ(arg.source.kind, ArgSource::Kind::kParameter);
  EXPECT_EQ(arg.source.index, 1U);
  EXPECT_EQ(arg.source.size, 4U);
  EXPECT_EQ(arg.source.steps, (std::vector<ResolveStep>{{offset("file", "f_path"), false},
                                                        {offset("path", "dentry"), true},
                                                        {offset("dentry", "d_inode"), true},
                                                        {offset("inode", "i_sb"), true},
                                                        {offset("super_block", "s_bdev"), true},
                                                        {offset("block_device", "bd_dev"), false}}));
}

TEST(Resolve, TheTypeAtTheEndCounts) {
  EXPECT_EQ(only(datum("type: uint32, source: current_task, resolve: mm.exe_file")).type, ArgType::kFile);
  EXPECT_EQ(only(datum("type: auto, source: current_task, resolve: static_prio")).type, ArgType::kInt);
  EXPECT_EQ(only(datum("source: current_task, resolve: static_prio")).type, ArgType::kInt);
  // An integer that has none of the language's names is read in its own width.
  const CheckedArg uid = only(datum("type: uint64, source: current_task, resolve: loginuid.val"));
  EXPECT_EQ(uid.type, ArgType::kUint64);
  EXPECT_EQ(uid.source.size, 4U);
  EXPECT_FALSE(uid.source.is_signed);
  EXPECT_EQ(messages(datum("type: auto, source: current_task, resolve: loginuid.val").diagnostics),
            "9:61 error: the value at the end of this path has no matching argument type\n");
}

TEST(Resolve, PointersToPointers) {
  Diagnostics diagnostics;
  const Source source(
      "p.yaml",
      "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: p}\nspec:\n  kprobes:\n"
      "  - {call: security_inode_copy_up, syscall: false, args: [{index: 1, type: int, resolve: "
      "user.uid.val}]}\n");
  const std::optional<Policy> policy = parse(source, diagnostics);
  const auto checked = policy ? check(*policy, kernel(), diagnostics) : std::nullopt;
  ASSERT_TRUE(checked) << messages(diagnostics);
  EXPECT_EQ(
      checked->hooks.at(0).args.at(0).source.steps,
      (std::vector<ResolveStep>{
          {0, true}, {offset("cred", "user"), true}, {offset("user_struct", "uid"), false}, {0, false}}));
  EXPECT_EQ(checked->hooks.at(0).attachment, Attachment::kFentry);
  EXPECT_TRUE(checked->hooks.at(0).args.at(0).source.saved)
      << "typed programs must not load such a parameter";
}

TEST(Resolve, AnonymousMembersAndElements) {
  EXPECT_EQ(only(argument("type: uint32, resolve: f_path.dentry.d_name.len")).source.steps.back().offset,
            offset("qstr", "len"));
  const CheckedArg third = only(datum("type: uint8, source: current_task, resolve: 'comm[2]'"));
  EXPECT_EQ(third.source.steps,
            (std::vector<ResolveStep>{{offset("task_struct", "comm"), false}, {2, false}}));
  EXPECT_EQ(third.source.size, 1U);
  EXPECT_EQ(messages(datum("type: uint8, source: current_task, resolve: 'comm[16]'").diagnostics),
            "9:62 error: the array has 16 elements; there is none with index 16\n");
}

TEST(Resolve, BtfTypeIsAnotherStart) {
  const CheckedArg port = only(argument("type: uint16, btfType: sockaddr_in, resolve: sin_port"));
  EXPECT_EQ(port.source.steps, (std::vector<ResolveStep>{{2, false}}));
  EXPECT_EQ(messages(argument("type: uint16, btfType: no_such, resolve: a").diagnostics),
            "9:41 error: this kernel has no struct \"no_such\"\n");
}

// What a process passes to a system call is in no type of the kernel.
TEST(Resolve, ArgumentsOfSystemCalls) {
  const auto judged = [](const std::string& spec) {
    Outcome out;
    const Source source(
        "p.yaml", "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: p}\nspec:\n" + spec);
    const std::optional<Policy> policy = parse(source, out.diagnostics);
    if (policy) out.checked = check(*policy, kernel(), out.diagnostics);
    return out;
  };
  const auto connect = [&](const std::string& fields) {
    return judged("  kprobes: [{call: sys_connect, args: [{" + fields + "}]}]\n");
  };
  const CheckedArg port = only(connect("index: 1, type: uint16, btfType: sockaddr_in, resolve: sin_port"));
  EXPECT_EQ(port.source.kind, ArgSource::Kind::kSyscall);
  EXPECT_EQ(port.source.index, 1U);
  EXPECT_EQ(port.source.size, 2U);
  EXPECT_EQ(port.source.steps, (std::vector<ResolveStep>{{offset("sockaddr_in", "sin_port"), false}}));
  for (const std::string index : {"0", "1"}) {
    EXPECT_EQ(messages(connect("index: " + index + ", type: uint16, resolve: sin_port").diagnostics),
              "5:74 error: the type that a system call's argument points to is unknown\n");
  }
  EXPECT_EQ(messages(connect("index: 1, type: uint16, btfType: sockaddr_in, resolve: no_such").diagnostics),
            "5:96 error: \"sockaddr_in\" has no member \"no_such\"\n");
}

// Of LSM hooks the end of the path may tell the type.
TEST(Resolve, TypesThatAreLeftOut) {
  const auto hook = [](const std::string& section, const std::string& fields) {
    Outcome out;
    const Source source(
        "p.yaml", "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: p}\nspec:\n  " +
                      section + ", args: [{index: 0, " + fields + "}]}]\n");
    const std::optional<Policy> policy = parse(source, out.diagnostics);
    if (policy) out.checked = check(*policy, kernel(), out.diagnostics);
    return out;
  };
  const std::string lsm = "lsmhooks: [{hook: file_open";
  EXPECT_EQ(only(hook(lsm, "resolve: f_path.dentry")).type, ArgType::kDentry);
  EXPECT_EQ(only(hook(lsm, "type: auto, resolve: f_path.dentry")).type, ArgType::kDentry);
  EXPECT_EQ(messages(hook(lsm, "resolve: f_lock").diagnostics),
            "5:59 error: the value at the end of this path has no matching argument type\n");
  EXPECT_EQ(
      messages(
          hook("kprobes: [{call: security_file_open, syscall: false", "resolve: f_path.dentry").diagnostics),
      "5:63 error: the type of this argument is missing\n");
}

TEST(Resolve, ElementsThatAreTooFarAway) {
  const auto told = [](const std::string& path) {
    return messages(argument("type: uint64, btfType: task_struct, resolve: '" + path + "'").diagnostics);
  };
  const std::string place = "9:63 error: ";
  EXPECT_EQ(told("mm.pgd[3].pgd"), "");
  EXPECT_EQ(told("mm.pgd[268435455].pgd"), "");
  EXPECT_EQ(told("mm.pgd[268435456].pgd"), place + "an element with index 268435456 is too far away\n");
  EXPECT_EQ(told("mm.pgd[536870912].pgd"), place + "an element with index 536870912 is too far away\n");
  EXPECT_EQ(told("stack[1]"), place + "an element with index 1 cannot be located: its type has no size\n");
}

TEST(Resolve, BtfTypeOfAModule) {
  const ModuleTypes* overlay = kernel().module("overlay");
  ASSERT_NE(overlay, nullptr);
  const CheckedArg arg =
      only(argument("type: uint64, btfType: ovl_inode, btfTypeModule: overlay, resolve: version"));
  EXPECT_EQ(arg.source.steps,
            (std::vector<ResolveStep>{{overlay->btf.member("ovl_inode", "version")->offset, false}}));
  EXPECT_EQ(messages(argument("type: uint64, btfType: ovl_inode, resolve: version").diagnostics),
            "9:41 error: this kernel has no struct \"ovl_inode\"\n");
  EXPECT_EQ(
      messages(argument("type: uint64, btfType: no_such, btfTypeModule: overlay, resolve: a").diagnostics),
      "9:41 error: module overlay has no struct \"no_such\"\n");
  EXPECT_EQ(messages(argument("type: uint64, btfType: a, btfTypeModule: nothing, resolve: a").diagnostics),
            "9:59 error: there is no type information for module \"nothing\"\n");
}

TEST(Resolve, HooksOnFunctionsOfModules) {
  const std::string text =
      "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: p}\nspec:\n  kprobes:\n"
      "  - call: ovl_open\n    syscall: false\n    args: [{index: 1, type: file}, {index: 0, type: uint64, "
      "btfType: ovl_inode, resolve: version}]\n";
  const Source source("p.yaml", text);
  Diagnostics diagnostics;
  const std::optional<Policy> policy = parse(source, diagnostics);
  ASSERT_TRUE(policy);
  const auto checked = check(*policy, kernel(), diagnostics);
  ASSERT_TRUE(checked) << messages(diagnostics);
  EXPECT_EQ(checked->hooks.at(0).target, Target(target::Function{"ovl_open", "overlay"}));
  EXPECT_EQ(checked->hooks.at(0).attachment, Attachment::kFentry);
  EXPECT_EQ(checked->hooks.at(0).args.size(), 2U);
}

TEST(Resolve, PathsThatAreWrong) {
  const auto told = [](const std::string& path) {
    return messages(argument("type: uint32, resolve: '" + path + "'").diagnostics);
  };
  const std::string place = "9:41 error: ";
  EXPECT_EQ(told("f_path.dentry.no_such"), place + "\"dentry\" has no member \"no_such\"\n");
  EXPECT_EQ(told("f_path..dentry"),
            place + "\"f_path..dentry\" is not a valid path: a name must come before the dot\n");
  EXPECT_EQ(told("f_path.[1]"), place + "\"f_path.[1]\" is not a valid path: a name must follow the dot\n");
  EXPECT_EQ(told("f_path."), place + "\"f_path.\" is not a valid path: a name is missing at the end\n");
  EXPECT_EQ(told("f_path[1"), place + "\"f_path[1\" is not a valid path: a bracket is not closed\n");
  EXPECT_EQ(told("f_path[]"),
            place + "\"f_path[]\" is not a valid path: an integer must be in the brackets\n");
  EXPECT_EQ(told("f_path[1.2]"),
            place + "\"f_path[1.2]\" is not a valid path: an integer must be in the brackets\n");
  EXPECT_EQ(told("f_path]"), place + "\"f_path]\" is not a valid path: a dot must separate two names\n");
  EXPECT_EQ(told("f_path[0]"), place + "a value of type \"path\" has no elements\n");
  EXPECT_EQ(told("f_flags.x"), place + "a value of type \"unsigned int\" has no members\n");
  EXPECT_EQ(told("f_path.dentry.d_name"),
            place + "the value at the end of this path is not an integer and cannot be read as uint32\n");
}

TEST(Resolve, RegistersOfAllWidths) {
  const auto size = [](const std::string& name) {
    const Outcome outcome = datum("type: uint64, source: pt_regs, resolve: " + name);
    const CheckedArg arg = only(outcome);
    EXPECT_EQ(arg.source.kind, ArgSource::Kind::kRegister);
    EXPECT_EQ(arg.source.offset, offset("pt_regs", "si")) << name;
    EXPECT_EQ(outcome.checked->hooks.at(0).attachment, Attachment::kKprobe);
    return arg.source.size;
  };
  EXPECT_EQ(size("rsi"), 8U);
  EXPECT_EQ(size("esi"), 4U);
  EXPECT_EQ(size("si"), 2U);
  EXPECT_EQ(size("sil"), 1U);
  EXPECT_EQ(messages(datum("type: uint64, source: pt_regs, resolve: xsi").diagnostics),
            "9:58 error: there is no register \"xsi\"\n");
}

TEST(Resolve, DataThatIsWrong) {
  EXPECT_EQ(messages(datum("type: int, resolve: pid").diagnostics), "9:7 error: data needs a source\n");
  EXPECT_EQ(messages(datum("type: int, source: nowhere, resolve: pid").diagnostics),
            "9:37 error: unknown source \"nowhere\"\n");
  EXPECT_EQ(messages(datum("type: int, source: current_task").diagnostics),
            "9:7 error: data needs \"resolve\"\n");
}

TEST(Resolve, FiltersOnDataGoByPosition) {
  const Outcome outcome = judge_hook(
      "    args:\n    - {index: 0, type: int}\n    data:\n    - {index: 0, type: int, source: current_task, "
      "resolve: "
      "static_prio}\n    selectors:\n    - matchData: [{index: 0, operator: Equal, values: ['120']}]\n");
  ASSERT_TRUE(outcome.checked) << messages(outcome.diagnostics);
  const CheckedHook& hook = outcome.checked->hooks.at(0);
  ASSERT_EQ(hook.args.size(), 2U);
  EXPECT_EQ(hook.args[1].place, ArgPlace::kData);
  EXPECT_EQ(std::get<IntFilter>(hook.selectors.at(0).filters.at(0)).arg, 1U);
}

}  // namespace
}  // namespace tripline
