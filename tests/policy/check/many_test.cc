// SPDX-License-Identifier: Apache-2.0
// Hooks on many functions at once, and on functions whose parameters typed programs cannot read, on real kernels.
#include <gtest/gtest.h>

#include <algorithm>

#include "policy/corpus.h"

namespace tripline {
namespace {

Kernel saved(const std::string& name) {
  Result<Kernel> read = read_kernel_file(std::string(TRIPLINE_TEST_DATA) + "/kernels/" + name + ".kernel");
  EXPECT_TRUE(read) << read.error().text();
  return read ? std::move(*read) : Kernel{};
}

std::vector<CheckedHook> hooks_of(const Kernel& kernel, const std::string& spec) {
  Diagnostics diagnostics;
  const Source source(
      "p.yaml", "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: p}\nspec:\n" + spec);
  const std::optional<Policy> policy = parse(source, diagnostics);
  const auto checked = policy ? check(*policy, kernel, diagnostics) : std::nullopt;
  EXPECT_TRUE(checked) << messages(diagnostics);
  return checked ? checked->hooks : std::vector<CheckedHook>{};
}

std::string every_syscall(const std::string& more) {
  return "  lists: [{name: all, type: generated_syscalls}]\n  kprobes:\n  - {call: 'list:all'" + more + "}\n";
}

TEST(CheckMany, OneProgramWhereTheKernelSaysWhichFunctionItIs) {
  const Kernel kernel = saved("debian-6.12");
  const std::vector<CheckedHook> hooks =
      hooks_of(kernel, every_syscall(", args: [{index: 0, type: uint64}]"));
  ASSERT_EQ(hooks.size(), 1U);
  EXPECT_EQ(hooks[0].attachment, Attachment::kKprobeMulti);
  EXPECT_GT(functions_of(hooks[0].target), 300U);
  EXPECT_EQ(hooks[0].call, "list:all");

  const std::vector<CheckedHook> older = hooks_of(saved("debian-6.1"), every_syscall(""));
  ASSERT_EQ(older.size(), 1U);
  EXPECT_EQ(older[0].attachment, Attachment::kKprobe);
  EXPECT_GT(functions_of(older[0].target), 300U);

  for (const CheckedHook& hook : hooks_of(saved("debian-5.10"), every_syscall("")))
    EXPECT_TRUE(std::holds_alternative<target::Function>(hook.target));
}

TEST(CheckMany, ProgramsOfTheirOwnForReturnsAndForAFew) {
  const Kernel kernel = saved("debian-6.12");
  const std::vector<CheckedHook> returns =
      hooks_of(kernel, every_syscall(", return: true, returnArg: {index: 0, type: int}"));
  EXPECT_GT(returns.size(), 300U);
  EXPECT_TRUE(std::holds_alternative<target::Function>(returns[0].target));
  const std::string names = "sys_read, sys_write, sys_open, sys_close";
  const std::vector<CheckedHook> few = hooks_of(kernel, "  lists: [{name: l, type: syscalls, values: [" +
                                                            names + "]}]\n  kprobes: [{call: 'list:l'}]\n");
  ASSERT_EQ(few.size(), 4U);
  EXPECT_EQ(few[0].attachment, Attachment::kFentry);
}

// To a kprobe a pointer is a number like any other.
TEST(CheckMany, PointersAndNumbersAreReadAlike) {
  const std::string list =
      "  lists: [{name: l, type: generated_ftrace, pattern: '^(ksys_(read|write|lseek)|vfs_.*)$'}]\n";
  const std::vector<CheckedHook> hooks = hooks_of(
      saved("debian-6.12"), list +
                                "  kprobes: [{call: 'list:l', syscall: false, args: [{index: 0, type: "
                                "uint64}]}]\n");
  ASSERT_EQ(hooks.size(), 1U);
  const auto* functions = std::get_if<target::Functions>(&hooks[0].target);
  ASSERT_TRUE(functions != nullptr);
  EXPECT_GT(functions->names.size(), 16U);
  EXPECT_TRUE(std::ranges::find(functions->names, "ksys_read") != functions->names.end());
}

// The types of 5.10 have the parameter of this one as a pointer to something unknown.
TEST(CheckMany, ParametersThatTypedProgramsCannotRead) {
  const Kernel kernel = saved("debian-5.10");
  const auto attachment = [&](const std::string& call) {
    const auto hooks = hooks_of(kernel, "  kprobes: [{call: " + call + ", args: [{index: 0, type: int}]}]\n");
    return hooks.empty() ? "" : std::string(attachment_name(hooks[0].attachment));
  };
  EXPECT_EQ(attachment("sys_keyctl"), "kprobe");
  EXPECT_EQ(attachment("sys_prctl"), "fentry");
}

// The 32-bit table leads to functions of several kinds.
TEST(CheckMany, SystemCallsOfThe32BitMode) {
  const auto function = [](const std::string& kernel, const std::string& call) {
    const auto hooks = hooks_of(saved(kernel), "  lists: [{name: l, type: syscalls, values: [i386/" + call +
                                                   "]}]\n  kprobes: [{call: 'list:l'}]\n");
    return hooks.size() == 1 ? short_name(hooks[0].target) : std::string();
  };
  for (const std::string kernel : {"debian-5.10", "debian-6.1", "debian-6.12", "debian-7.3"}) {
    EXPECT_EQ(function(kernel, "sys_openat"), "__ia32_compat_sys_openat") << kernel;
    EXPECT_EQ(function(kernel, "sys_execve"), "__ia32_compat_sys_execve") << kernel;
    EXPECT_EQ(function(kernel, "sys_read"), "__ia32_sys_read") << kernel;
    EXPECT_EQ(function(kernel, "sys_setuid"), "__ia32_sys_setuid16") << kernel;
    EXPECT_EQ(function(kernel, "sys_setuid32"), "__ia32_sys_setuid") << kernel;
    EXPECT_EQ(function(kernel, "sys_pread64"), "__ia32_sys_ia32_pread64") << kernel;
    EXPECT_EQ(function(kernel, "sys_mmap2"), "__ia32_sys_mmap_pgoff") << kernel;
    EXPECT_EQ(function(kernel, "sys_fcntl"), "__ia32_compat_sys_fcntl64") << kernel;
    EXPECT_EQ(function(kernel, "sys_setsockopt"), "__ia32_sys_setsockopt") << kernel;
  }
  EXPECT_EQ(function("debian-5.10", "sys_move_pages"), "__ia32_compat_sys_move_pages");
  EXPECT_EQ(function("debian-6.1", "sys_move_pages"), "__ia32_sys_move_pages");
}

TEST(CheckMany, FunctionsOfSystemCallsThatNobodyCalls) {
  const Kernel kernel = saved("debian-6.12");
  const auto told = [&](const std::string& call, const std::string& more = ", syscall: false") {
    Diagnostics diagnostics;
    const Source source("p.yaml",
                        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: p}\nspec:\n  "
                        "kprobes: [{call: " +
                            call + more + "}]\n");
    const std::optional<Policy> policy = parse(source, diagnostics);
    EXPECT_TRUE(policy && check(*policy, kernel, diagnostics)) << call;
    std::string out;
    for (const Diagnostic& diagnostic : diagnostics.all()) out += diagnostic.message + "; " + diagnostic.hint;
    return out;
  };
  const std::string never32 = "32-bit programs never call ";
  const std::string runs = "the system call of that name runs ";
  EXPECT_EQ(told("__ia32_sys_openat"),
            never32 + "\"__ia32_sys_openat\"; " + runs + "\"__ia32_compat_sys_openat\"");
  EXPECT_EQ(told("__ia32_sys_openat", ""),
            never32 + "\"__ia32_sys_openat\"; " + runs + "\"__ia32_compat_sys_openat\"");
  EXPECT_EQ(told("__ia32_sys_pread64"),
            never32 + "\"__ia32_sys_pread64\"; " + runs + "\"__ia32_sys_ia32_pread64\"");
  EXPECT_EQ(told("sys_stat", ""),
            "64-bit programs never call \"__x64_sys_stat\"; " + runs + "\"__x64_sys_newstat\"");
  EXPECT_EQ(told("sys_setuid16", ""),
            "64-bit programs never call \"__x64_sys_setuid16\"; 32-bit programs do, as "
            "\"__ia32_sys_setuid16\"");
  for (const char* each : {"__ia32_compat_sys_openat", "__ia32_sys_read", "__ia32_sys_setuid",
                           "__x64_sys_openat", "__x64_sys_newstat", "__x64_sys_umount", "security_file_open"})
    EXPECT_EQ(told(each), "") << each;
}

TEST(CheckMany, NumbersOfSystemCallsAreNoPointers) {
  Diagnostics diagnostics;
  const Source source(
      "p.yaml",
      "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: p}\nspec:\n"
      "  tracepoints: [{subsystem: raw_syscalls, event: sys_enter, raw: true, args: [{index: 0, "
      "type: syscall64}]}]\n");
  const std::optional<Policy> policy = parse(source, diagnostics);
  ASSERT_TRUE(policy);
  EXPECT_FALSE(check(*policy, saved("debian-6.12"), diagnostics));
  EXPECT_EQ(messages(diagnostics),
            "5:96 error: argument 0 is a \"struct pt_regs *\", not a system call number\n");
}

// What the verifier lets no typed program load is read where the kernel saved it.
TEST(CheckMany, ArgumentsThatTypedProgramsMustNotLoad) {
  const auto hook_of = [&](const std::string& kernel, const std::string& spec) {
    const std::vector<CheckedHook> hooks = hooks_of(saved(kernel), spec);
    return hooks.empty() ? CheckedHook{} : hooks[0];
  };
  const auto saved_at = [](const CheckedHook& hook) {
    std::string out(attachment_name(hook.attachment));
    for (const CheckedArg& arg : hook.args) out += arg.source.saved ? " saved" : " loaded";
    if (hook.result) out += hook.result->source.saved ? " saved" : " loaded";
    return out;
  };
  // struct mnt_idmap *, struct dentry *, const char *, const void *, size_t, int
  const std::string args =
      ", args: [{index: 2, type: string}, {index: 3, type: char_buf, sizeArgIndex: 5}, {index: 3, type: "
      "uint64}, {index: 4, type: size_t}]";
  const std::string call = "[{call: security_inode_setxattr, syscall: false" + args;
  const std::string deny = ", selectors: [{matchActions: [{action: Override, argError: -1}]}]";
  const std::string answer = " loaded saved saved loaded";
  EXPECT_EQ(saved_at(hook_of("debian-6.12", "  kprobes: " + call + "}]\n")), "fentry" + answer);
  EXPECT_EQ(saved_at(hook_of("debian-6.12", "  fentries: " + call + "}]\n")), "fentry" + answer);
  EXPECT_EQ(saved_at(hook_of("debian-6.12", "  kprobes: " + call + deny + "}]\n")), "fmod_ret" + answer);
  EXPECT_EQ(saved_at(hook_of("debian-6.12", "  lsmhooks: [{hook: inode_setxattr" + args + "}]\n")),
            "lsm" + answer);
  EXPECT_EQ(saved_at(hook_of("debian-7.3", "  kprobes: " + call + "}]\n")),
            "fentry loaded loaded loaded loaded");

  EXPECT_EQ(saved_at(hook_of("debian-6.12",
                             "  lsmhooks: [{hook: inode_copy_up, args: [{index: 1, type: uint64}]}]\n")),
            "lsm saved");  // struct cred **
  EXPECT_EQ(
      saved_at(hook_of("debian-6.12",
                       "  tracepoints: [{subsystem: cpuhp, event: cpuhp_enter, raw: true, args: [{index: 3, "
                       "type: uint64}, {index: 0, type: uint32}]}]\n")),
      "tp_btf saved loaded");  // int (*)(unsigned int)
  // const void *
  EXPECT_EQ(
      saved_at(hook_of("debian-6.12",
                       "  kprobes: [{call: device_get_match_data, syscall: false, return: true, args: [], "
                       "returnArg: {index: 0, type: uint64}}]\n")),
      "fentry saved");
  EXPECT_EQ(
      saved_at(hook_of("debian-6.12",
                       "  kprobes: [{call: security_sb_set_mnt_opts, syscall: false, return: true, args: [], "
                       "returnArg: {index: 0, type: file}}]\n")),
      "fentry saved");  // int
}

}  // namespace
}  // namespace tripline
