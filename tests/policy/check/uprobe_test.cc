// SPDX-License-Identifier: Apache-2.0
// Hooks on functions of user space: what can be wrong with one, and what is made of one. Nothing here opens a file.
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

// ---- places

TEST(CheckUprobe, Places) {
  expect({
      {"symbols: [first]", ""},
      {"offsets: [0x1010]", ""},
      {"addrs: [0x1010]", ""},
      {"args: []", "7:12 error: this hook is on no place of the file\n"},
      {"symbols: [first], offsets: [1]", "7:5 error: symbols, offsets and addrs are mutually exclusive\n"},
      {"symbols: [frist]", "7:37 error: \"/tiny/program\" has no function \"frist\"\n"},
      {"symbols: ['first+x']", "7:37 error: what follows the plus of \"first+x\" is not a number\n"},
      {"symbols: ['first+-1']", "7:37 error: what follows the plus of \"first+-1\" is not a number\n"},
      {"symbols: ['first+15', 'second+0x1f']", ""},
      {"symbols: [first+16]", "7:37 warning: \"first\" has 16 bytes; this place is behind it\n"},
      {"symbols: [no_size+16]", ""},
      {"symbols: [first+0x1000]",
       "7:37 error: \"first+0x1000\" is in no segment of code of \"/tiny/program\"\n"},
      {"symbols: [stray]", "7:37 error: \"stray\" is in no segment of code of \"/tiny/program\"\n"},
      {"symbols: [twice]",
       "7:37 warning: 2 functions of \"/tiny/program\" have the name \"twice\"; all of them are hooked\n"},
      {"symbols: [chooses]",
       "7:37 error: \"chooses\" is not the function itself: its code chooses one of several when the file is "
       "loaded\n"},
      {"offsets: [0xfff]", "7:37 error: offset 0xfff of \"/tiny/program\" is in no segment of code\n"},
      {"offsets: [0x1fff, 0x2000]",
       "7:45 error: offset 0x2000 of \"/tiny/program\" is in no segment of code\n"},
      {"offsets: [0x3010]", "7:37 error: offset 0x3010 of \"/tiny/program\" is in no segment of code\n"},
      {"addrs: [0x2000]", "7:35 error: the address 0x2000 is in no segment of \"/tiny/program\"\n"},
      {"addrs: [0x4010]", "7:35 error: offset 0x3010 of \"/tiny/program\" is in no segment of code\n"},
  });
}

// The instruction at 0x1600 is locked. A process can be sent there all the same.
TEST(CheckUprobe, PlacesWithoutProbes) {
  const std::string why = " of \"/tiny/program\": it has the prefix LOCK\n";
  const std::string cannot = " error: the kernel cannot put a probe on the instruction at ";
  const std::string symbol = "7:44" + cannot + "\"locks\"" + why;
  const std::string offset = "7:45" + cannot + "offset 0x1600" + why;
  const std::string address = "7:43" + cannot + "offset 0x1600" + why;
  expect({
      {"symbols: [first, locks]", symbol},
      {"symbols: [first, locks+1]", ""},
      {"offsets: [0x1010, 0x1600]", offset},
      {"addrs: [0x1010, 0x1600]", address},
  });
}

TEST(CheckUprobe, CountersOfPlaces) {
  expect({
      {"symbols: [first, second], refCtrOffsets: [0x3000, 0]", ""},
      {"symbols: [first, second], refCtrOffsets: [0x3000]",
       "7:69 error: refCtrOffsets has 1 elements, symbols has 2\n"},
      {"offsets: [0x1000], refCtrOffsets: [0x3000, 0]",
       "7:62 error: refCtrOffsets has 2 elements, offsets has 1\n"},
      {"addrs: [0x1000, 0x1001], refCtrOffsets: [0x3000]",
       "7:68 warning: refCtrOffsets has 1 elements, addrs has 2\n"},
      {"symbols: [first], refCtrOffsets: [0x1100]",
       "7:61 error: the reference counter at 0x1100 of \"/tiny/program\" is in a segment of code, which no "
       "process can "
       "count in\n"},
  });
}

TEST(CheckUprobe, WhatIsHooked) {
  const CheckedHook hooked =
      only(judge(hook("symbols: [first, second+4, first, twice], refCtrOffsets: [0x3000, 0, 0x3000, 0]")));
  EXPECT_EQ(hooked.kind, HookKind::kUprobe);
  EXPECT_EQ(hooked.call, "/tiny/program");
  const std::vector<target::UserPlace> places = places_of(hooked);
  ASSERT_EQ(places.size(), 4U) << "the same place once";
  EXPECT_EQ(places[0], (target::UserPlace{0x1000, 0x3000}));
  EXPECT_EQ(places[0].name, "first");
  EXPECT_EQ(places[1].offset, 0x1104U);
  EXPECT_EQ(places[1].name, "second+4");
  EXPECT_EQ(places[2].offset, 0x1300U);
  EXPECT_EQ(places[3].offset, 0x1400U);
  EXPECT_EQ(std::get<target::UserCode>(hooked.target).file.inode, 7U);
  ASSERT_EQ(hooked.selectors.size(), 1U);
  EXPECT_TRUE(hooked.selectors[0].implied);
  EXPECT_EQ(places_of(only(judge(hook("offsets: [0x1010]")))).at(0).name, "");
}

// ---- values

TEST(CheckUprobe, Arguments) {
  const CheckedHook hooked =
      only(judge(hook("symbols: [first], args: [{index: 5, type: int}, {index: 1, type: char_buf, "
                      "sizeArgIndex: 3}, {index: 2, "
                      "type: uint32}, {index: 0, type: nop}], data: [{index: 0, type: uint64, source: "
                      "pt_regs, resolve: rip}]")));
  ASSERT_EQ(hooked.args.size(), 5U);
  EXPECT_EQ(hooked.args[0].source.kind, ArgSource::Kind::kRegister);
  EXPECT_EQ(hooked.args[0].source.offset, offset("r9"));
  EXPECT_EQ(hooked.args[1].source.offset, offset("si"));
  ASSERT_TRUE(hooked.args[1].size);
  EXPECT_EQ(hooked.args[1].size->offset, offset("dx"));
  EXPECT_EQ(hooked.args[1].size->size, 4U) << "it is declared with this width";
  EXPECT_EQ(hooked.args[4].place, ArgPlace::kData);
  EXPECT_EQ(hooked.args[4].source.offset, offset("ip"));
}

TEST(CheckUprobe, ArgumentsThatAreWrong) {
  expect({
      {"symbols: [first], args: [{index: 6, type: int}]", "7:60 error: the index is 6\n"},
      {"symbols: [first], args: [{index: 0}]", "7:52 error: the type of this argument is missing\n"},
      {"symbols: [first], args: [{index: 0, type: file}]",
       "7:69 error: type file is a struct of the kernel, which memory of a process does not have\n"},
      {"symbols: [first], args: [{index: 0, type: auto}]", "7:69 error: type auto cannot be used here\n"},
      {"symbols: [first], args: [{index: 0, type: int, source: pt_regs}]",
       "7:82 error: \"source\" cannot be used in args\n"},
      {"symbols: [first], args: [{index: 0, type: int, btfTypeModule: m}]",
       "7:89 error: btfTypeModule cannot be used here\n"},
      {"symbols: [first], args: [{index: 0, type: int, btfType: pair}]",
       "7:83 warning: btfType has no effect without resolve\n"},
      {"symbols: [first], args: [{index: 0, type: int, maxData: true}]",
       "7:83 warning: maxData has no effect on this type\n"},
      {"symbols: [first], args: [{index: 0, type: char_buf, maxData: true, sizeArgIndex: 2}]", ""},
      {"symbols: [first], args: [{index: 0, type: char_buf}]",
       "7:69 warning: the length of this char_buf is unknown, so nothing is read\n"},
      {"symbols: [first], args: [{index: 0, type: char_iovec}]",
       "7:69 warning: the length of this char_iovec is unknown, so nothing is read\n"},
      {"symbols: [first], args: [{index: 0, type: int, sizeArgIndex: 2}]",
       "7:88 warning: sizeArgIndex has no effect on this type\n"},
      {"symbols: [first], args: [{index: 0, type: char_buf, sizeArgIndex: 7}]",
       "7:93 error: sizeArgIndex is 7\n"},
      {"symbols: [first], args: [{index: 0, type: string, returnCopy: true}]",
       "7:89 error: returnCopy cannot be used with type string\n"},
      {"symbols: [first], args: [{index: 0, type: char_buf, returnCopy: true}]", ""},
      {"symbols: [first], args: [{index: 0, type: file}], selectors: [{matchArgs: [{index: 0, operator: "
       "Equal, "
       "values: ['1']}]}]",
       "7:69 error: type file is a struct of the kernel, which memory of a process does not have\n"},
  });
}

TEST(CheckUprobe, Returns) {
  expect({
      {"symbols: [first], return: true, returnArg: {index: 0, type: int}", ""},
      {"symbols: [first], return: true", "7:53 error: \"return\" is true and \"returnArg\" is missing\n"},
      {"symbols: [first], return: true, returnArg: {index: 0, type: sock}, selectors: [{matchReturnArgs: "
       "[{index: 0, "
       "operator: Equal, values: ['1']}]}]",
       "7:87 error: type sock is a struct of the kernel, which memory of a process does not have\n"},
      {"symbols: [first], return: true, returnArg: {index: 0, type: int, resolve: number, btfType: packed}",
       "7:101 error: the type that what is returned points to is unknown\n"},
      {"symbols: [first], return: true, returnArg: {index: 0, type: int, sizeArgIndex: 2}",
       "7:106 warning: sizeArgIndex has no effect in returnArg\n"},
      {"symbols: [first], return: true, returnArg: {index: 0, type: char_buf}",
       "7:87 warning: the length of this char_buf is unknown, so nothing is read\n"},
      {"symbols: [first], selectors: [{matchReturnArgs: [{index: 0, operator: Equal, values: ['1']}]}]",
       "7:76 warning: matchReturnArgs has no effect without \"return: true\"\n"},
  });
  const CheckedHook hooked =
      only(judge(hook("symbols: [first], return: true, returnArg: {index: 0, type: int, label: gone}")));
  ASSERT_TRUE(hooked.result);
  EXPECT_EQ(hooked.result->source.kind, ArgSource::Kind::kResult);
  EXPECT_EQ(hooked.result->label, "");
}

// ---- digests

TEST(CheckUprobe, Digests) {
  const std::string start = "symbols: [first], binaryDigests: ";
  const std::string own = "'sha256:" + std::string(64, '1') + "'";
  const std::string other = "'sha256:" + std::string(64, '2') + "'";
  expect({
      {start + "[" + own + "]", ""},
      {start + "[" + other + ", ' SHA256 : " + std::string(64, '1') + "']", ""},
      {start + "['build-id:ABCD']", ""},
      {start + "['build-id:abce']", "7:61 error: \"/tiny/program\" has none of these digests\n"},
      {start + "[" + other + "]", "7:61 error: \"/tiny/program\" has none of these digests\n"},
      {start + "['sha1:" + std::string(40, '1') + "']",
       "7:61 error: \"/tiny/program\" has none of these digests\n"},
      {start + "[sha256]", "7:61 error: \"sha256\" is not a digest\n"},
      {start + "['md5:1']", "7:61 error: unknown digest algorithm \"md5\"\n"},
      {start + "['sha256:11']", "7:61 error: this is not a digest of sha256\n"},
      {start + "['sha256:" + std::string(64, 'x') + "']", "7:61 error: this is not a digest of sha256\n"},
      {start + "['build-id:']", "7:61 error: this is not a digest of build-id\n"},
      {start + "[" + own + ", 'md5:1']", "7:136 error: unknown digest algorithm \"md5\"\n"},
  });
}

TEST(CheckUprobe, AFileWithAnotherDigestCanBeSkipped) {
  const Verdict verdict = judge(
      hook("symbols: [first], binaryDigests: ['build-id:ef'], ignore: {digestVerificationFailure: true}"));
  EXPECT_EQ(messages(verdict.diagnostics),
            "7:61 warning: \"/tiny/program\" has none of these digests; the hook is skipped\n");
  ASSERT_TRUE(verdict.checked);
  EXPECT_TRUE(verdict.checked->hooks.empty());
  ASSERT_EQ(verdict.checked->presences.size(), 1U);
  EXPECT_EQ(verdict.checked->presences[0].found, Presence::Found::kRejected);
  EXPECT_TRUE(verdict.checked->partial);
}

// ---- actions

std::string with_action(const std::string& action) {
  return "symbols: [first], selectors: [{matchActions: [{action: " + action + "}]}]";
}

TEST(CheckUprobe, OverridesThatAreWrong) {
  const std::string many =
      "symbols: [first, second], selectors: [{matchActions: [{action: Override, argNewSymbol: ";
  expect({
      {with_action("Override, argRegs: ['rax']"),
       "7:102 error: \"rax\" is not an assignment to a register\n"},
      {with_action("Override, argRegs: ['rax=1=2']"),
       "7:102 error: \"rax=1=2\" is not an assignment to a register\n"},
      {with_action("Override, argRegs: ['rax=x']"),
       "7:102 error: \"rax=x\" is not an assignment to a register\n"},
      {with_action("Override, argRegs: ['rax=(rbx)']"),
       "7:102 error: \"rax=(rbx)\" is not an assignment to a register\n"},
      {with_action("Override, argRegs: ['rax=%rbx)']"),
       "7:102 error: \"rax=%rbx)\" is not an assignment to a register\n"},
      {with_action("Override, argRegs: ['rax=x%rbx']"),
       "7:102 error: \"rax=x%rbx\" is not an assignment to a register\n"},
      {with_action("Override, argRegs: ['xax=1', 'rax=1']"), "7:102 error: there is no register \"xax\"\n"},
      {with_action("Override, argRegs: ['rax=1', 'rbx=%xbx']"),
       "7:111 error: there is no register \"xbx\"\n"},
      {with_action("Override, argNewSymbol: none"),
       "7:106 error: \"/tiny/program\" has no function \"none\"\n"},
      {with_action("Override, argNewOffset: 1"),
       "7:106 error: offset 0x1 of \"/tiny/program\" is in no segment of code\n"},
      {with_action("Override, argNewAddr: 1"),
       "7:104 error: the address 0x1 is in no segment of \"/tiny/program\"\n"},
      {with_action("Override, argNewSymbol: second, argNewOffset: 1"),
       "7:73 error: argNewSymbol, argNewAddr and argNewOffset are mutually exclusive\n"},
      {many + "second}]}]",
       "7:114 warning: this hook is on several places, and the distance is counted from the first one\n"},
      {with_action("GetUrl, argUrl: 'http://a/'"), "7:82 error: GetUrl cannot be used in uprobes\n"},
      {with_action("DnsLookup, argFqdn: a"), "7:82 error: DnsLookup cannot be used in uprobes\n"},
      {with_action("Set, argIndex: 0, argValue: 1"),
       "7:82 warning: Set has no effect here: it is for usdts\n"},
      {with_action("Post, kernelStackTrace: true"),
       "7:106 warning: kernelStackTrace has no effect here: only events of kprobes and fentries show "
       "stacks\n"},
  });
  Kernel kernel = tiny_kernel();
  kernel.features.uprobe_writes = false;
  EXPECT_EQ(messages(judge(hook(with_action("Override, argError: -1")), kernel).diagnostics),
            "7:82 error: this kernel cannot override functions of user space\n");
}

}  // namespace
}  // namespace tripline
