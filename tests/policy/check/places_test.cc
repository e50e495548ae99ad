// SPDX-License-Identifier: Apache-2.0
// The file that a hook on code of user space names, its types, and how the kernel is to attach what is there.
#include "policy/check/places.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/user_hooks.h"

namespace tripline {
namespace {

Source hook(std::string_view fields) { return uprobe_with(fields); }

template <size_t kCount>
void expect(const Case (&cases)[kCount]) {
  expect_each(hook, cases);
}

TEST(Places, TheFile) {
  const auto told = [](std::string_view fields) {
    return messages(judge(policy_with("  uprobes:\n  - {path: " + std::string(fields) + "}\n")).diagnostics);
  };
  EXPECT_EQ(told("'', symbols: [first]"), "7:12 error: the path is empty\n");
  EXPECT_EQ(told("/tiny/none, symbols: [first]"), "7:12 error: \"/tiny/none\" was not read\n");
  EXPECT_EQ(told("/tiny/script, symbols: [first]"), "7:12 error: \"/tiny/script\" is not an ELF file\n");
  EXPECT_EQ(told("/tiny/stripped, symbols: [first]"), "7:38 error: \"/tiny/stripped\" has no symbols\n");
  EXPECT_EQ(told("/tiny/stripped, offsets: [0x1010]"), "");
  EXPECT_EQ(told("/tiny/program, symbols: [first]}\n  - {path: /tiny/program, offsets: [0x1010]"),
            "8:5 error: this hook has offsets, and uprobes[0] has symbols for \"/tiny/program\"; with "
            "uprobe_multi both "
            "must have the same\n");
  EXPECT_EQ(
      told("/tiny/program, symbols: [first]}\n  - {path: /tiny/program, offsets: [0x1010]}\n  options:\n"
           "  - {name: disable-uprobe-multi, value: 'true'"),
      "");
  EXPECT_EQ(told("/tiny/program, symbols: [first]}\n  - {path: /tiny/stripped, offsets: [0x1010]"), "");
}

TEST(Places, Attachments) {
  const Source source = hook("symbols: [first, second]");
  Kernel kernel = tiny_kernel();
  EXPECT_EQ(only(judge(source, kernel)).attachment, Attachment::kUprobeMulti);
  const Source alone = policy_with(
      "  options: [{name: disable-uprobe-multi, value: 'true'}]\n  uprobes: [{path: /tiny/program, symbols: "
      "[first, "
      "second]}]\n");
  const CheckedHook disabled = only(judge(alone, kernel));
  EXPECT_EQ(disabled.attachment, Attachment::kUprobe);
  EXPECT_EQ(disabled.attachment_reason, "uprobe, because the policy has option disable-uprobe-multi");
  kernel.features.uprobe_multi = false;
  const CheckedHook cookies = only(judge(source, kernel));
  EXPECT_EQ(cookies.attachment, Attachment::kUprobe);
  EXPECT_EQ(cookies.attachment_reason, "uprobe, because this kernel has no uprobe_multi (Linux 6.6)");
  EXPECT_EQ(places_of(cookies).size(), 2U);
  kernel.version = kernel_version(5, 10);
  const Verdict each = judge(source, kernel);
  ASSERT_TRUE(each.checked && each.checked->hooks.size() == 2)
      << "which place was reached nobody can tell there";
  EXPECT_EQ(places_of(each.checked->hooks[0]).at(0).name, "first");
  EXPECT_EQ(places_of(each.checked->hooks[1]).at(0).name, "second");
}

TEST(Places, KernelsWithout) {
  const std::string refusal = "7:12 error: code of user space cannot be hooked on this kernel\n";
  const Source source = hook("symbols: [first]");
  Kernel kernel = tiny_kernel();
  kernel.features.uprobe = false;
  EXPECT_EQ(messages(judge(source, kernel).diagnostics), refusal);
  kernel = tiny_kernel();
  kernel.machine = "aarch64";
  EXPECT_EQ(messages(judge(source, kernel).diagnostics), refusal);
  kernel = tiny_kernel();
  kernel.btf.reset();
  EXPECT_EQ(messages(judge(source, kernel).diagnostics), refusal);
}

TEST(Places, TypesOfTheProgram) {
  const std::string start = "symbols: [first], btfPath: ";
  expect({
      {"symbols: [first], args: [{index: 0, type: int, resolve: number}]",
       "7:83 error: the type that argument 0 points to is unknown\n"},
      {start + "/tiny/types, args: [{index: 0, type: int, resolve: number}]",
       "7:105 error: the type that argument 0 points to is unknown\n"},
      {start + "/tiny/types, args: [{index: 0, type: int, resolve: number, btfType: packed}]", ""},
      {start + "/tiny/types, args: [{index: 0, type: int, resolve: number, btfType: none}]",
       "7:122 error: the types of btfPath have no struct \"none\"\n"},
      {start + "/tiny/program, args: [{index: 0, type: int}]",
       "7:54 error: \"/tiny/program\" has no section .BTF\n"},
      {start + "/tiny/script, args: [{index: 0, type: int}]",
       "7:54 error: \"/tiny/script\" is not an ELF file\n"},
      {start + "/tiny/none, args: [{index: 0, type: int}]", "7:54 error: \"/tiny/none\" was not read\n"},
  });
  const CheckedHook hooked = only(
      judge(hook(start + "/tiny/types, args: [{index: 1, type: int, resolve: number, btfType: packed}]")));
  ASSERT_EQ(hooked.args.size(), 1U);
  EXPECT_EQ(hooked.args[0].source.kind, ArgSource::Kind::kRegister);
  EXPECT_EQ(hooked.args[0].source.offset, offset("si"));
  EXPECT_EQ(hooked.args[0].source.steps, (std::vector<ResolveStep>{{1, false}}));
}

}  // namespace
}  // namespace tripline
