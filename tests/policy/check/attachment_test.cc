// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

Verdict on(const Kernel& kernel, const std::string& spec) {
  Verdict out;
  const Source source = policy_with(spec);
  out.policy = parse(source, out.diagnostics);
  if (out.policy) out.checked = check(*out.policy, kernel, out.diagnostics);
  out.diagnostics.sort();
  return out;
}

std::string overriding(const std::string& call) {
  return "  kprobes: [{" + call + ", selectors: [{matchActions: [{action: Override, argError: -13}]}]}]\n";
}

TEST(CheckOverride, EachKindOfFunctionInItsWay) {
  Kernel kernel = tiny_kernel();
  const auto attachment = [&](const std::string& call) {
    const Verdict verdict = on(kernel, overriding(call));
    EXPECT_TRUE(verdict.checked) << messages(verdict.diagnostics);
    return verdict.checked ? verdict.checked->hooks.at(0).attachment : Attachment::kFentry;
  };
  EXPECT_EQ(attachment("call: sys_lseek"), Attachment::kKprobe);
  EXPECT_EQ(attachment("call: security_file_open, syscall: false"), Attachment::kLsm);
  kernel.features.preempts = false;
  EXPECT_EQ(attachment("call: security_file_open, syscall: false"), Attachment::kFmodRet);
}

TEST(CheckOverride, Refusals) {
  const auto refused = [](const Kernel& kernel, const std::string& call) {
    return messages(on(kernel, overriding(call)).diagnostics);
  };
  Kernel kernel = tiny_kernel();
  EXPECT_EQ(refused(kernel, "call: fd_install, syscall: false"),
            "6:85 error: \"fd_install\" cannot be overridden\n");
  EXPECT_EQ(refused(kernel, "call: security_task_free, syscall: false"),
            "6:93 error: \"security_task_free\" cannot be overridden on this kernel\n");
  kernel.error_injection = {"other"};
  EXPECT_EQ(refused(kernel, "call: sys_lseek"), "6:68 error: this kernel cannot override system calls\n");
  kernel.error_injection.clear();
  EXPECT_EQ(refused(kernel, "call: sys_lseek"), "");
  kernel.features.override_return = false;
  EXPECT_EQ(refused(kernel, "call: sys_lseek"), "6:68 error: this kernel cannot override system calls\n");
  kernel.features.fmod_ret = false;
  EXPECT_EQ(refused(kernel, "call: security_file_open, syscall: false"),
            "6:93 error: \"security_file_open\" cannot be overridden on this kernel\n");
}

// The one hook of a policy, on a kernel that a test has changed.
struct OfKernel {
  std::optional<CheckedHook> hook;
  std::string text;
};
OfKernel of(const Kernel& kernel, std::string_view fields) {
  Diagnostics diagnostics;
  const auto policy =
      parse(policy_with("  kprobes: [{syscall: false, " + std::string(fields) + "}]\n"), diagnostics);
  OfKernel out;
  if (policy) {
    if (auto checked = check(*policy, kernel, diagnostics); checked && !checked->hooks.empty()) {
      out.hook = checked->hooks.front();
    }
  }
  diagnostics.sort();
  for (const Diagnostic& each : diagnostics.all()) out.text += each.message + "|" + each.hint + "\n";
  return out;
}

TEST(CheckAttachment, FentryIsChosenWhereItCanBeUsed) {
  const Kernel kernel = tiny_kernel();
  EXPECT_EQ(of(kernel, "call: takes_nothing").hook->attachment, Attachment::kFentry);
  for (const std::string function : {"takes_pair", "takes_many", "takes_any"}) {
    const OfKernel result = of(kernel, "call: " + function);
    ASSERT_TRUE(result.hook) << result.text;
    EXPECT_EQ(result.hook->attachment, Attachment::kKprobe) << function;
    EXPECT_NE(result.hook->attachment_reason.find("fentry cannot be used"), std::string::npos);
  }
}

TEST(CheckAttachment, KprobesReadOnlyRegisters) {
  const Kernel kernel = tiny_kernel();
  EXPECT_TRUE(of(kernel, "call: takes_many, args: [{index: 5, type: int}]").hook);
  EXPECT_EQ(of(kernel, "call: takes_many, args: [{index: 6, type: int}]").text,
            "parameter 6 of \"takes_many\" is passed in memory and cannot be read|\n");
  // The length of a buffer is a parameter too.
  EXPECT_TRUE(of(kernel, "call: takes_many, args: [{index: 0, type: char_buf, sizeArgIndex: 6}]").hook);
  const OfKernel length = of(kernel, "call: takes_many, args: [{index: 0, type: char_buf, sizeArgIndex: 7}]");
  EXPECT_FALSE(length.hook);
  EXPECT_TRUE(
      length.text.ends_with("\nparameter 6 of \"takes_many\" is passed in memory and cannot be read|\n"))
      << length.text;
}

TEST(CheckAttachment, StructsByValueTakeRegisters) {
  const Kernel kernel = tiny_kernel();
  const auto place = [&](const std::string& function, uint32_t index) -> std::string {
    const OfKernel result =
        of(kernel, "call: " + function + ", args: [{index: " + std::to_string(index) + ", type: int}]");
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
    return of(kernel, "call: takes_structs, args: [{index: " + rest + "}]").text;
  };
  EXPECT_TRUE(text("1, type: string").contains(memory(structs, 1)));
  EXPECT_TRUE(text("5, type: char_buf, sizeArgIndex: 1").contains(memory(structs, 5)));
  EXPECT_EQ(text("1, type: nop"), "");
  // An address in a struct, and its length behind it.
  const OfKernel buffer =
      of(kernel, "call: takes_structs, args: [{index: 3, type: char_buf, sizeArgIndex: 5}]");
  ASSERT_TRUE(buffer.hook) << buffer.text;
  EXPECT_EQ(buffer.hook->args.at(0).source.reg, 2U);
  EXPECT_FALSE(buffer.hook->args.at(0).size->reg) << "it is where its index says";
}

TEST(CheckAttachment, KernelsThatLackSomething) {
  Kernel kernel = tiny_kernel();
  kernel.features.fentry = false;
  EXPECT_EQ(of(kernel, "call: fd_install").hook->attachment, Attachment::kKprobe);
  kernel.features.kprobe = false;
  EXPECT_NE(of(kernel, "call: fd_install")
                .text.find("\"fd_install\" cannot be hooked on this kernel|neither fentry"),
            std::string::npos);
  kernel.features.fentry = true;
  EXPECT_NE(of(kernel, "call: takes_any")
                .text.find("cannot be hooked on this kernel|fentry cannot be used, it takes"),
            std::string::npos);
  kernel.btf.reset();
  EXPECT_NE(of(kernel, "call: fd_install").text.find("CONFIG_DEBUG_INFO_BTF"), std::string::npos);
}

}  // namespace
}  // namespace tripline
