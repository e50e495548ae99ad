// SPDX-License-Identifier: Apache-2.0
// Hooks on USDT probes: what can be wrong with one, and what is made of one. Nothing here opens a file.
#include <gtest/gtest.h>

#include <string>

#include "policy/user_hooks.h"

namespace tripline {
namespace {

// A hook of a probe of /tiny/program; the probe's name is in column 49 of line 7.
Source hook(std::string_view name_and_fields) {
  return policy_with(
      "  usdts:\n  - {path: /tiny/program, provider: tiny, name: " + std::string(name_and_fields) + "}\n");
}

template <size_t kCount>
void expect(const Case (&cases)[kCount]) {
  expect_each(hook, cases);
}

std::vector<CheckedHook> hooks_of(const Source& source) {
  const Verdict verdict = judge(source);
  EXPECT_TRUE(verdict.checked) << messages(verdict.diagnostics);
  return verdict.checked ? verdict.checked->hooks : std::vector<CheckedHook>{};
}

std::vector<uint64_t> offsets_of(const CheckedHook& hook) {
  std::vector<uint64_t> out;
  for (const target::UserPlace& place : std::get<target::UserCode>(hook.target).places)
    out.push_back(place.offset);
  return out;
}

TEST(CheckUsdt, TheProbe) {
  expect({
      {"bare", ""},
      {"watched", ""},
      {"baer", "7:49 error: \"/tiny/program\" has no probe \"tiny:baer\"\n"},
      {"unwatched",
       "7:12 error: the semaphore of the probe \"unwatched\" is not in the file: it cannot be switched on\n"},
      {"bare}\n  - {path: /tiny/stripped, provider: tiny, name: bare",
       "8:50 error: \"/tiny/stripped\" has no USDT probes\n"},
      {"bare}\n  - {path: /tiny/script, provider: tiny, name: bare",
       "8:12 error: \"/tiny/script\" is not an ELF file\n"},
  });
  Kernel kernel = tiny_kernel();
  kernel.features.uprobe = false;
  EXPECT_EQ(messages(judge(hook("bare"), kernel).diagnostics),
            "7:12 error: code of user space cannot be hooked on this kernel\n");
}

TEST(CheckUsdt, ASemaphoreIsInTheFile) {
  const auto hooks = hooks_of(hook("watched, args: [{index: 0, type: int}]"));
  ASSERT_EQ(hooks.size(), 1U);
  EXPECT_EQ(hooks[0].kind, HookKind::kUsdt);
  EXPECT_EQ(hooks[0].call, "watched");
  EXPECT_EQ(hooks[0].provider, "tiny");
  EXPECT_EQ(std::get<target::UserCode>(hooks[0].target).places.at(0), (target::UserPlace{0x1050, 0x3010}));
  ASSERT_EQ(hooks[0].args.size(), 1U);
  EXPECT_EQ(hooks[0].args[0].source.kind, ArgSource::Kind::kConstant);
  EXPECT_EQ(hooks[0].args[0].source.constant, 7);
}

// The places of a probe that have its arguments in the same registers are one hook; all of them are, when nothing is read.
TEST(CheckUsdt, PlacesWithTheirArgumentsAlikeAreOneHook) {
  const auto hooks = hooks_of(hook("spread, args: [{index: 0, type: int32}]"));
  ASSERT_EQ(hooks.size(), 2U);
  EXPECT_EQ(offsets_of(hooks[0]), (std::vector<uint64_t>{0x1020, 0x1030}));
  EXPECT_EQ(offsets_of(hooks[1]), (std::vector<uint64_t>{0x1040}));
  const ArgSource& in_register = hooks[0].args.at(0).source;
  EXPECT_EQ(in_register.kind, ArgSource::Kind::kRegister);
  EXPECT_EQ(in_register.offset, offset("di"));
  EXPECT_EQ(in_register.size, 4U);
  EXPECT_TRUE(in_register.is_signed);
  EXPECT_TRUE(in_register.steps.empty());
  const ArgSource& in_memory = hooks[1].args.at(0).source;
  EXPECT_EQ(in_memory.offset, offset("sp"));
  EXPECT_EQ(in_memory.steps, (std::vector<ResolveStep>{{8, true}}));
  EXPECT_EQ(in_memory.size, 4U);
  const auto unread = hooks_of(hook("spread"));
  ASSERT_EQ(unread.size(), 1U);
  EXPECT_EQ(offsets_of(unread[0]), (std::vector<uint64_t>{0x1020, 0x1030, 0x1040}));
}

TEST(CheckUsdt, Operands) {
  const auto hooks =
      hooks_of(hook("odd, args: [{index: 2, type: int}, {index: 3, type: uint64}, {index: 0, type: nop}]"));
  ASSERT_EQ(hooks.size(), 1U);
  ASSERT_EQ(hooks[0].args.size(), 3U);
  EXPECT_EQ(hooks[0].args[0].source.offset, offset("ax") + 1) << "the second byte";
  const ArgSource& indexed = hooks[0].args[1].source;
  EXPECT_EQ(indexed.offset, offset("bp"));
  EXPECT_EQ(indexed.added, offset("ax"));
  EXPECT_EQ(indexed.scale, 4U);
  EXPECT_EQ(indexed.steps, (std::vector<ResolveStep>{{-16, true}}));
}

TEST(CheckUsdt, ArgumentsThatAreWrong) {
  expect({
      {"bare, args: [{index: 0, type: int}]",
       "7:70 error: the probe \"bare\" has 0 arguments; there is none with index 0\n"},
      {"watched, args: [{index: 1, type: int}]",
       "7:73 error: the probe \"watched\" has 1 argument; there is none with index 1\n"},
      {"odd, args: [{index: 0, type: int}]",
       "7:69 error: argument 0 of the probe, \"8f@%xmm0\", cannot be read: it is a floating-point number\n"},
      {"odd, args: [{index: 1, type: int}]",
       "7:69 error: argument 1 of the probe, \"8@elsewhere(%rip)\", cannot be read: needs the symbol "
       "elsewhere, which "
       "the file does not have\n"},
      {"cells, args: [{index: 0, type: file}]",
       "7:80 error: type file is a struct of the kernel, which memory of a process does not have\n"},
      {"cells, args: [{index: 0, type: char_buf, returnCopy: true, sizeArgIndex: 3}]",
       "7:102 error: returnCopy cannot be used in usdts\n"},
      {"cells, args: [{index: 0, type: char_buf}]",
       "7:80 warning: the length of this char_buf is unknown, so nothing is read\n"},
      {"cells, args: [{index: 0, type: char_buf, sizeArgIndex: 3}]", ""},
      {"cells, args: [{index: 0, type: char_buf, sizeArgIndex: 4}]",
       "7:104 error: the probe \"cells\" has 3 arguments; there is none with index 3\n"},
      {"cells, args: [{index: 0, type: int, resolve: number}]",
       "7:94 error: the type that argument 0 points to is unknown\n"},
      {"cells, btfPath: /tiny/types, args: [{index: 0, type: int, resolve: number, btfType: packed}]", ""},
  });
}

std::string with_action(const std::string& probe, const std::string& action) {
  return probe + ", args: [{index: 0, type: int32}], selectors: [{matchActions: [{action: " + action + "}]}]";
}

TEST(CheckUsdt, Set) {
  const auto hooks =
      hooks_of(hook("odd, args: [{index: 3, type: uint64}], selectors: [{matchActions: [{action: Set, "
                    "argIndex: 0, argValue: 5}]}]"));
  ASSERT_EQ(hooks.size(), 1U);
  const CheckedAction& action = hooks[0].selectors.at(0).actions.at(0);
  EXPECT_EQ(action.kind, CheckedAction::Kind::kSet);
  EXPECT_EQ(action.place, hooks[0].args[0].source);
  EXPECT_EQ(action.value, 5U);
  EXPECT_TRUE(action.has_effect);
  expect({
      {with_action("cells", "Set, argIndex: 0, argValue: 1"),
       "7:141 error: argument 0, \"8@%rdi\", is not an integer in memory: it cannot be set\n"},
      {with_action("cells", "Set, argIndex: 1, argValue: 1"), "7:141 error: position 1 is not in args\n"},
      {"cells, selectors: [{matchActions: [{action: Set, argValue: 1}]}]",
       "7:93 error: position 0 is not in args\n"},
      {with_action("cells", "Override, argError: -1"),
       "7:126 warning: Override has no effect in usdts: there is nothing to override\n"},
      {with_action("cells", "GetUrl, argUrl: 'http://a/'"), "7:126 error: GetUrl cannot be used in usdts\n"},
  });
}

}  // namespace
}  // namespace tripline
