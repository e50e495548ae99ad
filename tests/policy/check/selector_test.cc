// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

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
  EXPECT_EQ(equal.values, (std::vector<IntRange>{{16, 16},
                                                 {8, 8},
                                                 {-1, -1},
                                                 {5, 5},
                                                 {1000, 1000},
                                                 {3, 3},
                                                 {INT32_MAX, INT32_MAX},
                                                 {INT32_MIN, INT32_MIN}}));
  const auto& not_equal = std::get<IntFilter>(only(verdict).filters[1]);
  EXPECT_EQ(not_equal.op, IntFilter::Op::kNotEqual);
  EXPECT_EQ(not_equal.values.size(), 6U);
}

TEST(CheckSelector, NamesOfInterfacesAreShort) {
  const auto name = [](const std::string& values) {
    return messages(
        judge(policy_with("  kprobes:\n  - call: two_of_net_device\n    syscall: false\n    args: [{index: "
                          "0, type: net_device}]\n    selectors:\n    - matchArgs: [{operator: Equal, "
                          "values: [" +
                          values + "]}]\n"))
            .diagnostics);
  };
  EXPECT_EQ(name("fifteen-letters"), "");
  EXPECT_EQ(name("sixteen--letters"),
            "11:46 warning: no interface name can be as long as this value, which has 16 bytes\n");
}

TEST(CheckSelector, NumbersThatAreNone) {
  EXPECT_EQ(arg("operator: Equal, values: [' 5', abc, '1__0', '', '2147483648', '-2147483649']"),
            "11:47 error: \" 5\" is not a valid number\n11:53 error: \"abc\" is not a valid number\n11:58 "
            "error: \"1__0\" is "
            "not a valid number\n"
            "11:66 error: \"\" is not a valid number\n11:70 error: \"2147483648\" does not fit the "
            "argument's type\n"
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
            "11:57 warning: no path contains a NUL byte\n");
  EXPECT_EQ(arg("index: 1, operator: NotEqual"), "11:41 warning: this filter has no values\n");
  EXPECT_EQ(arg("index: 1, operator: Prefix, values: [" + std::string(4096, 'x') + "]"),
            "11:58 warning: no path can be as long as this value, which has 4096 bytes\n");
}

TEST(CheckSelector, WhichArgument) {
  EXPECT_EQ(arg("index: 3, operator: Equal, values: ['1']"),
            "11:28 error: no argument of this hook has index 3\n");
  EXPECT_EQ(arg("args: [2], operator: Equal, values: ['1']"), "11:28 error: position 2 is not in args\n");
  EXPECT_EQ(arg("index: 9, args: [0], operator: Equal, values: ['1']"), "");
  EXPECT_EQ(arg("args: [0, 7], operator: Equal, values: ['1']"),
            "11:31 warning: this operator uses only the first position\n");
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
  EXPECT_EQ(arg("operator: FileType, values: [reg]"),
            "11:31 error: operator FileType cannot be used on an argument of type int\n");
  EXPECT_EQ(arg("index: 1, operator: FileType, values: [reg, file]"),
            "11:65 error: unknown file type \"file\"\n");
  EXPECT_EQ(arg("index: 1, operator: NotFileType, values: []"), "11:41 error: this filter has no values\n");
}

TEST(CheckSelector, OperatorsThatNeverMatch) {
  const Verdict verdict = selector("matchArgs: [{operator: NotPrefix, values: [x]}]");
  EXPECT_EQ(messages(verdict.diagnostics),
            "11:31 warning: operator NotPrefix never matches an argument of type int\n");
  ASSERT_TRUE(verdict.checked);
  EXPECT_FALSE(std::get<ConstantFilter>(only(verdict).filters.at(0)).passes);
}

TEST(CheckSelector, NamesOfLocalSockets) {
  const auto on_address = [](std::string_view filter) {
    return judge(
        policy_with("  kprobes: [{call: sys_lseek, syscall: true, args: [{index: 1, type: sockaddr_un}], "
                    "selectors: [{matchArgs: [{index: 1, " +
                    std::string(filter) + "}]}]}]\n"));
  };
  const Verdict equal = on_address("operator: Equal, values: [\"a\\0\"]");
  ASSERT_TRUE(equal.checked) << equal.text;
  EXPECT_EQ(messages(equal.diagnostics), "") << "an abstract name can have a NUL in it";
  const auto& filter = std::get<TextFilter>(only(equal).filters.at(0));
  EXPECT_EQ(filter.op, TextOp::kEqual);
  EXPECT_EQ(filter.values, std::vector<std::string>{std::string("a\0", 2)});
  EXPECT_EQ(messages(on_address("operator: Prefix, values: ['" + std::string(109, 'x') + "']").diagnostics),
            "6:148 warning: no socket name can be as long as this value, which has 109 bytes\n");
  EXPECT_EQ(messages(on_address("operator: NotPostfix, values: [x]").diagnostics),
            "6:131 warning: operator NotPostfix never matches an argument of type sockaddr_un\n");
}

TEST(CheckSelector, Actions) {
  const Verdict verdict =
      selector("matchActions: [{action: Post}, {action: Sigkill}, {action: NoPost}, {action: Post}]");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  using Kind = CheckedAction::Kind;
  std::vector<Kind> kinds;
  for (const CheckedAction& action : only(verdict).actions) kinds.push_back(action.kind);
  EXPECT_EQ(kinds, (std::vector{Kind::kPost, Kind::kSigkill, Kind::kNoPost, Kind::kPost}));
  EXPECT_EQ(told("matchActions: [{action: Override, argError: -1}, {action: Signal, argSig: 9}, {action: "
                 "TrackSock}]"),
            "11:32 error: \"fd_install\" cannot be overridden\n11:95 warning: position 0 of args is not a "
            "socket: TrackSock has no effect\n");
  EXPECT_EQ(
      told("matchActions: [{action: Signal}, {action: Signal, argSig: 65}, {action: Set}]"),
      "11:32 warning: 0 is not a signal: nothing is sent\n11:66 warning: signal 65 does not exist: nothing "
      "is sent\n"
      "11:80 warning: Set has no effect here: it is for usdts\n");
}

CheckedAction first_action(std::string_view text) {
  const Verdict verdict = selector("matchActions: [" + std::string(text) + "]");
  EXPECT_TRUE(verdict.checked) << verdict.text;
  return verdict.checked ? only(verdict).actions.at(0) : CheckedAction{};
}

TEST(CheckSelector, Stacks) {
  const CheckedAction kernel = first_action("{action: Post, kernelStackTrace: true}");
  EXPECT_TRUE(kernel.kernel_stack);
  EXPECT_FALSE(kernel.user_stack);
  const CheckedAction user = first_action("{action: Post, userStackTrace: true, kernelStackTrace: false}");
  EXPECT_FALSE(user.kernel_stack);
  EXPECT_TRUE(user.user_stack);
}

TEST(CheckSelector, RateLimits) {
  using Scope = RateLimit::Scope;
  const auto limit = [](std::string_view text) {
    return first_action("{action: Post, rateLimit: '" + std::string(text) + "'}").rate_limit;
  };
  EXPECT_EQ(limit("5"), (RateLimit{5'000, Scope::kThread}));
  EXPECT_EQ(limit("5s"), (RateLimit{5'000, Scope::kThread}));
  EXPECT_EQ(limit("5S"), (RateLimit{5'000, Scope::kThread}));
  EXPECT_EQ(limit("2m"), (RateLimit{120'000, Scope::kThread}));
  EXPECT_EQ(limit("1H"), (RateLimit{3'600'000, Scope::kThread}));
  EXPECT_EQ(limit("4294967295h"), (RateLimit{UINT32_MAX, Scope::kThread}));
  EXPECT_EQ(limit("0m"), std::nullopt);
  EXPECT_EQ(first_action("{action: Post, rateLimit: 1m, rateLimitScope: process}").rate_limit,
            (RateLimit{60'000, Scope::kProcess}));
  EXPECT_EQ(first_action("{action: Post, rateLimit: 1m, rateLimitScope: global}").rate_limit,
            (RateLimit{60'000, Scope::kGlobal}));
  EXPECT_EQ(first_action("{action: Post, rateLimitScope: nothing}").rate_limit, std::nullopt);
}

TEST(CheckSelector, RateLimitsThatAreNone) {
  for (const std::string_view text : {"s", "5d", "5 s", "-5", "5ms", "1.5m", "0x5"}) {
    EXPECT_EQ(told("matchActions: [{action: Post, rateLimit: '" + std::string(text) + "'}]"),
              "11:49 error: invalid rateLimit\n")
        << text;
  }
  EXPECT_EQ(told("matchActions: [{action: Post, rateLimit: '4294967296'}]"),
            "11:49 error: this number is too large for rateLimit\n");
  EXPECT_EQ(told("matchActions: [{action: Post, rateLimit: 5s, rateLimitScope: host}]"),
            "11:69 error: unknown rateLimitScope\n");
}

TEST(CheckSelector, NetworkActions) {
  const CheckedAction url = first_action("{action: GetUrl, argUrl: 'http://127.0.0.1:80/a?b'}");
  EXPECT_EQ(url.kind, CheckedAction::Kind::kGetUrl);
  EXPECT_EQ(url.target, "http://127.0.0.1:80/a?b");
  const CheckedAction name = first_action("{action: DnsLookup, argFqdn: a.test}");
  EXPECT_EQ(name.kind, CheckedAction::Kind::kDnsLookup);
  EXPECT_EQ(name.target, "a.test");
  const std::string warning =
      "11:32 warning: GetUrl does nothing unless the agent is started with --allow-network-actions\n";
  EXPECT_EQ(told("matchActions: [{action: GetUrl, argUrl: 'http://a/'}]"), warning);
  EXPECT_EQ(told("matchActions: [{action: GetUrl, argUrl: 'https://a/'}]"), warning);
  EXPECT_EQ(told("matchActions: [{action: GetUrl, argUrl: 'a'}]"),
            warning + "11:48 warning: this is not a URL that can be requested; GetUrl will do nothing\n");
  EXPECT_EQ(told("matchActions: [{action: DnsLookup}]"),
            "11:32 warning: DnsLookup does nothing unless the agent is started with --allow-network-actions\n"
            "11:32 warning: this is not a name that can be looked up; DnsLookup will do nothing\n");
}

TEST(CheckSelector, OptionsOfPost) {
  EXPECT_EQ(told("matchActions: [{action: Post, imaHash: true}]"),
            "11:47 warning: imaHash has no effect here: only events of lsmhooks show hashes\n");
  EXPECT_EQ(told("matchActions: [{action: Sigkill, imaHash: true}]"),
            "11:50 warning: imaHash has no effect with Sigkill\n");
  EXPECT_EQ(told("matchActions: [{action: Post, rateLimitScope: global, userStackTrace: false}]"), "");
  EXPECT_EQ(told("matchActions: [{action: Sigkill, rateLimit: 5s, userStackTrace: true}]"),
            "11:52 error: rateLimit cannot be used with Sigkill\n11:72 error: userStackTrace cannot be used "
            "with Sigkill\n");
}

TEST(CheckSelector, FentriesDoNotOverride) {
  EXPECT_EQ(told("matchActions: [{action: Sigkill}, {action: Signal, argSig: 2}]", "fentries"), "");
  EXPECT_EQ(told("matchActions: [{action: Set}]", "fentries"),
            "11:32 error: Set cannot be used in fentries\n");
  EXPECT_EQ(told("matchActions: [{action: NotifyEnforcer}]", "fentries"),
            "11:32 error: NotifyEnforcer cannot be used in fentries\n");
  EXPECT_EQ(told("matchActions: [{action: NoPost}]", "fentries"), "");
}

TEST(CheckSelector, KernelsThatCannotSignal) {
  Kernel kernel = tiny_kernel();
  kernel.features.send_signal = false;
  Diagnostics diagnostics;
  const auto policy = parse(policy_with(with_selector("matchActions: [{action: Sigkill}]")), diagnostics);
  EXPECT_FALSE(check(*policy, kernel, diagnostics));
  EXPECT_EQ(messages(diagnostics), "11:32 error: this kernel cannot send signals from BPF programs\n");
}

TEST(CheckSelector, ParentsAreKnownOnlyWhereTheyAreRecorded) {
  EXPECT_EQ(told("matchParentBinaries: [{operator: In, values: [/x]}]"),
            "11:30 error: matchParentBinaries is disabled\n");
}

TEST(CheckSelector, FiltersOnTheProcess) {
  const Verdict verdict = selector(
      "matchPIDs: [{operator: In, values: [1]}, {operator: NotIn, values: [2]}], "
      "matchBinaries: [{operator: NotPrefix, values: [/x]}], "
      "matchNamespaces: [{namespace: Net, operator: In, values: ['1']}], "
      "matchNamespaceChanges: [{operator: In, values: [Net]}], "
      "matchCapabilities: [{operator: In, values: [CAP_BPF]}], "
      "matchCapabilityChanges: [{operator: NotIn, values: [CAP_BPF]}]");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  const std::vector<Filter>& filters = only(verdict).filters;
  std::map<std::string, int> kinds;
  for (const Filter& filter : filters) {
    if (std::holds_alternative<TaskFilter>(filter)) ++kinds["task"];
    if (std::holds_alternative<FactFilter>(filter)) ++kinds["fact"];
    if (std::holds_alternative<ChangeFilter>(filter)) ++kinds["change"];
  }
  EXPECT_EQ(filters.size(), 7U);
  EXPECT_EQ(kinds["task"], 4);
  EXPECT_EQ(kinds["fact"], 1);
  EXPECT_EQ(kinds["change"], 2);
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
