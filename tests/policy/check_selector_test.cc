// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

// A hook with an int (index 0) and a file (index 1) and one selector.
std::string with_selector(std::string_view fields, std::string_view section = "kprobes") {
  return "  " + std::string(section) +
         ":\n  - call: fd_install\n    syscall: false\n    args: [{index: 0, type: int}, {index: 1, type: "
         "file}]\n"
         "    selectors:\n    - {" +
         std::string(fields) + "}\n";
}

Verdict selector(std::string_view fields, std::string_view section = "kprobes") {
  return judge(policy_with(with_selector(fields, section)));
}
std::string told(std::string_view fields, std::string_view section = "kprobes") {
  return messages(selector(fields, section).diagnostics);
}
std::string arg(std::string_view filter) { return told("matchArgs: [{" + std::string(filter) + "}]"); }

const CheckedSelector& only(const Verdict& verdict) { return verdict.checked->hooks.at(0).selectors.at(0); }

TEST(CheckSelector, NumbersInEverySpelling) {
  const Verdict verdict = selector(
      "label: here, matchArgs: [{operator: Equal, values: ['0x10', '010', '-1', '+5', '1_000', '0b11', "
      "'2147483647', "
      "'-2147483648']}, {args: [0], operator: NotEqual, values: ['7', '8', '9', '10', '11', '12']}]");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  EXPECT_EQ(verdict.text, "");
  EXPECT_EQ(only(verdict).label, "here");
  ASSERT_EQ(only(verdict).filters.size(), 2U);
  const auto& equal = std::get<IntFilter>(only(verdict).filters[0]);
  EXPECT_EQ(equal.op, IntFilter::Op::kEqual);
  EXPECT_EQ(equal.values, (std::vector<int64_t>{16, 8, -1, 5, 1000, 3, INT32_MAX, INT32_MIN}));
  const auto& not_equal = std::get<IntFilter>(only(verdict).filters[1]);
  EXPECT_EQ(not_equal.op, IntFilter::Op::kNotEqual);
  EXPECT_EQ(not_equal.values.size(), 6U);
}

TEST(CheckSelector, NumbersThatAreNone) {
  EXPECT_EQ(arg("operator: Equal, values: [' 5', abc, '1__0', '', '2147483648', '-2147483649']"),
            "11:47 error: \" 5\" is no number\n11:53 error: \"abc\" is no number\n11:58 error: \"1__0\" is "
            "no number\n"
            "11:66 error: \"\" is no number\n11:70 error: \"2147483648\" does not fit the argument's type\n"
            "11:84 error: \"-2147483649\" does not fit the argument's type\n");
  EXPECT_EQ(arg("operator: Equal"), "11:31 error: this filter has no values\n");
}

TEST(CheckSelector, Paths) {
  const Verdict verdict = selector(
      "matchArgs: [{index: 1, operator: Equal, values: [/a, '']}, {index: 1, operator: NotEqual, values: "
      "[/b]}, "
      "{index: 1, operator: Prefix, values: [/c]}, {index: 1, operator: NotPrefix, values: [/d]}, "
      "{args: [1], operator: Postfix, values: [\"e\\0\\0\"]}, {index: 1, operator: NotPostfix, values: "
      "[f]}]");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  EXPECT_EQ(verdict.text, "");
  using Op = PathFilter::Op;
  const Op ops[] = {Op::kEqual, Op::kNotEqual, Op::kPrefix, Op::kNotPrefix, Op::kPostfix, Op::kNotPostfix};
  for (size_t i = 0; i < 6; ++i) {
    const auto& filter = std::get<PathFilter>(only(verdict).filters.at(i));
    EXPECT_EQ(filter.op, ops[i]) << i;
    EXPECT_EQ(filter.arg, 1U);
  }
  EXPECT_EQ(std::get<PathFilter>(only(verdict).filters[0]).values, (std::vector<std::string>{"/a", ""}));
  EXPECT_EQ(std::get<PathFilter>(only(verdict).filters[4]).values, std::vector<std::string>{"e"});
}

TEST(CheckSelector, PathsThatCannotBe) {
  EXPECT_EQ(arg("index: 1, operator: Postfix, values: ['', \"\\0\"]"),
            "11:59 error: this postfix is empty\n11:63 error: this postfix is empty\n");
  EXPECT_EQ(arg("index: 1, operator: Equal, values: [\"/a\\0\"]"),
            "11:57 warning: no path has a NUL byte in it\n");
  EXPECT_EQ(arg("index: 1, operator: NotEqual"), "11:41 warning: this filter has no values\n");
  EXPECT_EQ(arg("index: 1, operator: Prefix, values: [" + std::string(4096, 'x') + "]"),
            "11:58 warning: no path is as long as this value, which has 4096 bytes\n");
}

TEST(CheckSelector, WhichArgument) {
  EXPECT_EQ(arg("index: 3, operator: Equal, values: ['1']"),
            "11:28 error: no argument of this hook has index 3\n");
  EXPECT_EQ(arg("args: [2], operator: Equal, values: ['1']"), "11:28 error: position 2 is not in args\n");
  EXPECT_EQ(arg("index: 9, args: [0], operator: Equal, values: ['1']"), "");
  EXPECT_EQ(arg("args: [0, 7], operator: Equal, values: ['1']"),
            "11:31 warning: only the first position is looked at by this operator\n");
  EXPECT_EQ(
      messages(judge(policy_with(
                         "  kprobes: [{call: fd_install, syscall: false, selectors: [{matchArgs: [{operator: "
                         "Equal, values: ['1']}]}]}]\n"))
                   .diagnostics),
      "6:84 error: no argument of this hook has index 0\n");
}

TEST(CheckSelector, OperatorsThatDoNotFit) {
  EXPECT_EQ(arg("operator: SAddr, values: [127.0.0.1]"),
            "11:31 error: operator SAddr cannot be used on an argument of type int\n");
  EXPECT_EQ(arg("index: 1, operator: GT, values: ['5']"),
            "11:41 error: operator GT cannot be used on an argument of type file\n");
  EXPECT_EQ(arg("operator: GT, values: ['5']"), "11:31 error: operator GT is not supported yet\n");
  EXPECT_EQ(arg("index: 1, operator: FileType, values: [reg]"),
            "11:41 error: operator FileType is not supported yet\n");
  EXPECT_EQ(arg("operator: CelExpr, values: ['arg0 == 1']"),
            "11:31 error: operator CelExpr is not supported yet\n");
}

// What an argument's type would have made of the values is not guessed.
TEST(CheckSelector, TypesThatAreNotBuiltAreToldOfOnce) {
  EXPECT_EQ(messages(judge(policy_with(
                               "  kprobes: [{call: fd_install, syscall: false, args: [{index: 0, type: fd}], "
                               "selectors: [{matchArgs: [{operator: Equal, values: [/etc/shadow]}]}]}]\n"))
                         .diagnostics),
            "6:72 error: type fd is not supported yet\n");
}

TEST(CheckSelector, OperatorsThatNeverMatch) {
  const Verdict verdict = selector("matchArgs: [{operator: NotPrefix, values: [x]}]");
  EXPECT_EQ(messages(verdict.diagnostics),
            "11:31 warning: operator NotPrefix never matches an argument of type int\n");
  ASSERT_TRUE(verdict.checked);
  const auto& filter = std::get<IntFilter>(only(verdict).filters.at(0));
  EXPECT_EQ(filter.op, IntFilter::Op::kEqual);
  EXPECT_TRUE(filter.values.empty());
}

TEST(CheckSelector, Actions) {
  const Verdict verdict =
      selector("matchActions: [{action: Post}, {action: Sigkill}, {action: NoPost}, {action: Post}]");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  using Kind = CheckedAction::Kind;
  std::vector<Kind> kinds;
  for (const CheckedAction& action : only(verdict).actions) kinds.push_back(action.kind);
  EXPECT_EQ(kinds, (std::vector{Kind::kPost, Kind::kSigkill, Kind::kNoPost, Kind::kPost}));
  EXPECT_EQ(
      told("matchActions: [{action: Override, argError: -1}, {action: Signal, argSig: 9}, {action: GetUrl}]"),
      "11:32 error: action Override is not supported yet\n11:66 error: action Signal is not supported yet\n"
      "11:95 error: action GetUrl is not supported yet\n");
}

TEST(CheckSelector, OptionsOfPost) {
  EXPECT_EQ(
      told("matchActions: [{action: Post, rateLimit: 5s, kernelStackTrace: true, userStackTrace: true, "
           "imaHash: true}]"),
      "11:49 error: rateLimit is not supported yet\n11:71 error: kernelStackTrace is not supported yet\n"
      "11:93 error: userStackTrace is not supported yet\n11:108 error: imaHash is not supported yet\n");
  EXPECT_EQ(told("matchActions: [{action: Post, rateLimitScope: global, userStackTrace: false}]"), "");
  EXPECT_EQ(told("matchActions: [{action: Sigkill, rateLimit: 5s, userStackTrace: true}]"),
            "11:52 error: rateLimit cannot be used with Sigkill\n11:72 error: userStackTrace cannot be used "
            "with Sigkill\n");
}

TEST(CheckSelector, FentriesDoNotEnforce) {
  EXPECT_EQ(told("matchActions: [{action: Sigkill}]", "fentries"),
            "11:32 error: Sigkill cannot be used in fentries\n");
  EXPECT_EQ(told("matchActions: [{action: NoPost}]", "fentries"), "");
}

TEST(CheckSelector, KernelsThatCannotSignal) {
  Kernel kernel = tiny_kernel();
  kernel.features.send_signal = false;
  Diagnostics diagnostics;
  const auto policy = parse(policy_with(with_selector("matchActions: [{action: Sigkill}]")), diagnostics);
  EXPECT_FALSE(check(*policy, kernel, diagnostics));
  EXPECT_EQ(messages(diagnostics), "11:32 error: this kernel cannot send signals from programs\n");
}

TEST(CheckSelector, FiltersThatAreNotBuiltAreRefusedByName) {
  EXPECT_EQ(told("macros: [m], matchPIDs: [{operator: In, values: [1]}, {operator: In, values: [2]}]"),
            "11:17 error: macros is not supported yet\n11:33 error: matchPIDs is not supported yet\n"
            "11:62 error: matchPIDs is not supported yet\n");
  EXPECT_EQ(told("matchBinaries: [{operator: In, values: [/x]}]"),
            "11:24 error: matchBinaries is not supported yet\n");
  EXPECT_EQ(told("matchData: [{operator: Equal, values: ['1']}]"),
            "11:20 error: matchData is not supported yet\n");
  EXPECT_EQ(told("matchParentBinaries: [{operator: In, values: [/x]}]"),
            "11:30 error: matchParentBinaries is not supported yet\n");
  EXPECT_EQ(told("matchNamespaces: [{namespace: Net, operator: In, values: ['1']}]"),
            "11:26 error: matchNamespaces is not supported yet\n");
  EXPECT_EQ(told("matchNamespaceChanges: [{operator: In, values: [Net]}]"),
            "11:32 error: matchNamespaceChanges is not supported yet\n");
  EXPECT_EQ(told("matchCapabilities: [{operator: In, values: [CAP_BPF]}]"),
            "11:28 error: matchCapabilities is not supported yet\n");
  EXPECT_EQ(told("matchCapabilityChanges: [{operator: In, values: [CAP_BPF]}]"),
            "11:33 error: matchCapabilityChanges is not supported yet\n");
  EXPECT_EQ(told("matchWorkloads: {podSelector: {matchLabels: {a: b}}}"),
            "11:24 error: matchWorkloads is not supported yet\n");
}

TEST(CheckSelector, WhatFiltersNothingIsAccepted) {
  EXPECT_EQ(told("matchWorkloads: {}"), "");
  EXPECT_EQ(told("matchWorkloads: {podSelector: {}, containerSelector: {}, hostSelector: {}}"), "");
  EXPECT_EQ(told("matchReturnArgs: [{operator: Equal, values: ['0']}], matchReturnActions: [{action: Post}]"),
            "11:26 warning: matchReturnArgs has no effect without \"return: true\"\n"
            "11:82 warning: matchReturnActions has no effect without \"return: true\"\n");
}

}  // namespace
}  // namespace tripline
