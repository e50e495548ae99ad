// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "policy/corpus.h"
#include "policy/parse/schema.h"
#include "policy/policy.h"

namespace tripline::policy {
namespace {

std::string told(const Source& source) {
  Diagnostics diagnostics;
  static_cast<void>(parse(source, diagnostics));
  diagnostics.sort();
  return messages(diagnostics);
}

std::string told(std::string text) { return told(Source{"p.yaml", std::move(text)}); }

constexpr const char* kHead = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\n";

std::string named(std::string_view metadata) {
  return kHead + ("metadata: " + std::string(metadata)) + "\nspec: {}\n";
}

TEST(Parse, EveryFieldOfAFunctionHook) {
  Diagnostics diagnostics;
  const auto policy = parse(policy_with(R"(
  fentries:
  - call: f
    syscall: off
    return: yes
    args:
    - {index: 0x1, type: sint32, resolve: a.b, btfType: t, btfTypeModule: m, sizeArgIndex: 3, returnCopy: true,
       maxData: true, label: l}
    data:
    - {index: 0, type: uint64, source: pt_regs, resolve: rip}
    returnArg: {index: 0, type: int}
    returnArgAction: TrackSock
    ignore: {callNotFound: true, digestVerificationFailure: false}
    message: hello
    tags: [one, two]
)"),
                            diagnostics);
  ASSERT_TRUE(policy) << messages(diagnostics);
  EXPECT_EQ(messages(diagnostics), "");
  ASSERT_EQ(policy->spec.fentries.size(), 1U);
  const FunctionHook& hook = policy->spec.fentries[0];
  EXPECT_EQ(hook.call.value, "f");
  EXPECT_FALSE(hook.syscall.value);
  EXPECT_TRUE(hook.wants_return.value);
  EXPECT_EQ(hook.args[0].index.value, 1U);
  EXPECT_EQ(hook.args[0].type.value, DeclaredType::kInt32);
  EXPECT_EQ(hook.args[0].size_arg_index.value, 3U);
  EXPECT_TRUE(hook.args[0].return_copy.value && hook.args[0].max_data.value);
  EXPECT_EQ(hook.data[0].source.value, "pt_regs");
  EXPECT_TRUE(hook.ignore->call_not_found.value);
}

TEST(Parse, EveryFieldOfASelector) {
  Diagnostics diagnostics;
  const auto policy = parse(policy_with(R"(
  kprobes:
  - call: f
    selectors:
    - {}
    - label: second
      macros: [m1, m2]
      matchPIDs: [{operator: In, values: [1, 2], isNamespacePID: true, followForks: true}]
      matchArgs: [{index: 2, operator: GreaterThan, values: ['1']}, {args: [0, 1], operator: CapabilitiesGained}]
      matchData: [{operator: Equal, values: ['1']}]
      matchReturnArgs: [{operator: LessThan, values: ['0']}]
      matchBinaries: [{operator: NotPostfix, values: [sh], followChildren: true}]
      matchParentBinaries: [{operator: In, values: []}]
      matchNamespaces: [{namespace: PidForChildren, operator: NotIn, values: [host_ns, '4026531836']}]
      matchNamespaceChanges: [{operator: In, values: [Mnt]}]
      matchCapabilities: [{operator: In, values: [CAP_SYS_ADMIN], isNamespaceCapability: true}]
      matchCapabilityChanges: [{type: Permitted, operator: NotIn, values: [CAP_BPF]}]
      matchWorkloads:
        podSelector: {matchLabels: {app: web}}
        containerSelector: {matchExpressions: [{key: name, operator: Exists}]}
        hostSelector: {}
      matchActions:
      - {action: Override, argError: -1, argRegs: [rax=0], argNewAddr: 18446744073709551615}
      - {action: Post, rateLimit: 5m, rateLimitScope: process, kernelStackTrace: true, userStackTrace: true,
         imaHash: true}
      - {action: GetUrl, argUrl: 'http://x'}
      - {action: DnsLookup, argFqdn: x.org}
      - {action: Signal, argSig: 9}
      - {action: TrackSock, argSock: 1}
      - {action: Set, argIndex: 1, argValue: 4294967295}
      matchReturnActions: [{action: NoPost}]
)"),
                            diagnostics);
  ASSERT_TRUE(policy) << messages(diagnostics);
  EXPECT_EQ(messages(diagnostics), "");
  const FunctionHook& hook = policy->spec.kprobes.at(0);
  ASSERT_EQ(hook.selectors.size(), 2U);
  EXPECT_EQ(hook.selectors[0], Selector{});
  const Selector& selector = hook.selectors[1];
  EXPECT_EQ(selector.macros.size(), 2U);
  EXPECT_TRUE(selector.match_pids[0].follow_forks.value);
  EXPECT_EQ(selector.match_args[0].op.value, Operator::kGt);
  EXPECT_EQ(selector.match_args[1].args[1].value, 1U);
  EXPECT_EQ(selector.match_binaries[0].op.value, BinaryOperator::kNotPostfix);
  EXPECT_EQ(selector.match_namespaces[0].kind.value, Namespace::kPidForChildren);
  EXPECT_EQ(selector.match_capabilities[0].set.value, CapabilitySet::kEffective);
  EXPECT_EQ(selector.match_capability_changes[0].set.value, CapabilitySet::kPermitted);
  EXPECT_EQ(selector.match_workloads->pod_selector->match_labels.at("app").value, "web");
  EXPECT_EQ(selector.match_workloads->container_selector->match_expressions[0].op.value,
            LabelOperator::kExists);
  EXPECT_TRUE(selector.match_workloads->host_selector);
  ASSERT_EQ(selector.match_actions.size(), 7U);
  EXPECT_EQ(selector.match_actions[0].error.value, -1);
  EXPECT_EQ(selector.match_actions[0].new_address->value, UINT64_MAX);
  EXPECT_FALSE(selector.match_actions[0].new_offset);
  EXPECT_EQ(selector.match_actions[1].rate_limit.value, "5m");
  EXPECT_EQ(selector.match_actions[6].arg_value.value, UINT32_MAX);
  EXPECT_EQ(selector.match_return_actions[0].kind.value, ActionKind::kNoPost);
}

TEST(Parse, EveryFieldOfASpec) {
  Diagnostics diagnostics;
  const auto policy = parse(policy_with(R"(
  tracepoints: [{subsystem: s, event: e, raw: true, args: [{index: 4}], message: mm, tags: [tt], selectors: []}]
  lsmhooks: [{hook: file_open, args: [], message: mm, tags: [], selectors: [{}]}]
  uprobes:
  - {path: /p, offsets: [0x10], refCtrOffsets: [1], btfPath: /b, return: false, args: [], data: [], returnArg: null,
     binaryDigests: ['sha256:00'], ignore: {digestVerificationFailure: true}, selectors: []}
  - {path: /p, addrs: [1]}
  usdts: [{path: /p, provider: v, name: nn, btfPath: /b}]
  loader: true
  enforcers: [{calls: ['list:l']}]
  lists:
  - {name: l, type: syscalls, values: [sys_x], pattern: p, validated: true}
  - {name: plain}
  options: [{name: policy-mode, value: monitor}, {name: nothing}]
  selectorsMacros: {m: {matchArgs: [{operator: Equal}]}}
  podSelector: {}
  containerSelector: null
  hostSelector: {}
  nodeSelector: {matchLabels: {a: b}}
)"),
                            diagnostics);
  ASSERT_TRUE(policy) << messages(diagnostics);
  EXPECT_EQ(messages(diagnostics), "");
  const Spec& spec = policy->spec;
  EXPECT_TRUE(spec.tracepoints[0].raw.value);
  EXPECT_EQ(spec.tracepoints[0].args[0].type.value, DeclaredType::kAuto);
  EXPECT_EQ(spec.lsm_hooks[0].hook.value, "file_open");
  EXPECT_EQ(spec.uprobes[0].offsets[0].value, 16U);
  EXPECT_TRUE(spec.uprobes[0].ignore->digest_verification_failure.value);
  EXPECT_EQ(spec.usdts[0].provider.value, "v");
  EXPECT_TRUE(spec.loader.value);
  EXPECT_EQ(spec.enforcers[0].calls[0].value, "list:l");
  EXPECT_EQ(spec.lists[0].type->value, ListType::kSyscalls);
  EXPECT_FALSE(spec.lists[1].type);
  EXPECT_EQ(spec.options[1].value.value, "");
  EXPECT_EQ(spec.selectors_macros.at("m").match_args.size(), 1U);
  EXPECT_TRUE(spec.pod_selector && spec.host_selector && spec.node_selector);
  EXPECT_FALSE(spec.container_selector);
}

TEST(Parse, EveryNodeKnowsItsPlace) {
  Diagnostics diagnostics;
  const auto policy = parse(
      policy_with("  kprobes:\n  - call: \"fd_install\"\n    args:\n    - index: 1\n      type: file\n"),
      diagnostics);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->kind.span, (Span{2, 7, 13}));
  EXPECT_EQ(policy->name.span, (Span{4, 9, 1}));
  const FunctionHook& hook = policy->spec.kprobes[0];
  EXPECT_EQ(hook.span, (Span{7, 5, 4}));
  EXPECT_EQ(hook.call.span, (Span{7, 11, 12}));
  EXPECT_EQ(hook.args[0].type.span, (Span{10, 13, 4}));
  EXPECT_EQ(hook.syscall.span, Span{});
  EXPECT_TRUE(hook.syscall.value);
}

TEST(Parse, KindDecides) {
  EXPECT_EQ(told(""), "0:0 error: the document is empty: it has no kind\n");
  EXPECT_EQ(told("# nothing\n"), "0:0 error: the document is empty: it has no kind\n");
  EXPECT_EQ(told("metadata: {name: x}\n"), "1:1 error: the field \"kind\" is missing\n");
  EXPECT_EQ(told("kind: Pod\nspec: {containers: []}\n"), "1:7 error: unknown kind \"Pod\"\n");
  EXPECT_EQ(told("kind: TracingPolice\nmetadata: {name: x}\nspec: {a: 1}\n"),
            "1:7 error: unknown kind \"TracingPolice\"\n3:8 error: unknown field \"a\"\n");
  EXPECT_EQ(told("kind: 5\n"), "1:7 error: this is a number\n");
  EXPECT_EQ(told("[a]\n"), "1:1 error: this is a list\n");
  EXPECT_EQ(told("Kind: TracingPolicy\n"), "1:1 error: the field \"kind\" is missing\n");
}

TEST(Parse, Names) {
  EXPECT_EQ(told(named("{name: a.b-c.1}")), "");
  EXPECT_EQ(told(named("{name: 12345}")), "");
  EXPECT_EQ(told(named("{name: " + std::string(253, 'a') + "}")), "");
  EXPECT_EQ(told(named("{name: " + std::string(254, 'a') + "}")), "3:18 error: this name has 254 bytes\n");
  for (const std::string name : {"A", "a_b", "a-", "-a", "a..b", ".a", "a.", "'a b'", "''", "caf\xc3\xa9"}) {
    EXPECT_NE(told(named("{name: " + name + "}")).find("is not a valid policy name"), std::string::npos)
        << name;
  }
  EXPECT_EQ(told(named("{generateName: x}")), "3:11 error: the field \"name\" is missing here\n");
  EXPECT_EQ(told(named("{Name: x}")), "3:12 error: the field \"name\" is spelled \"Name\"\n");
  EXPECT_EQ(told(named("{name: null}")), "3:18 error: this is null\n");
  EXPECT_EQ(told(named("[]")), "3:11 error: this is a list\n");
}

TEST(Parse, Namespaces) {
  const auto namespaced = [](std::string_view metadata) {
    return "kind: TracingPolicyNamespaced\nmetadata: " + std::string(metadata) + "\nspec: {}\n";
  };
  EXPECT_EQ(told(namespaced("{name: a, namespace: default}")), "");
  EXPECT_EQ(told(namespaced("{name: a}")), "2:11 error: the field \"namespace\" is missing in metadata\n");
  EXPECT_EQ(told(namespaced("{name: a, namespace: A.b}")),
            "2:32 error: \"A.b\" is not a valid namespace name\n");
  EXPECT_EQ(told(named("{name: a, namespace: default}")), "3:32 error: a TracingPolicy has no namespace\n");
  EXPECT_EQ(
      told("kind: TracingPolicyNamespaced\nmetadata: {name: a, namespace: b}\nspec: {hostSelector: {}}\n"),
      "3:22 error: a TracingPolicyNamespaced cannot have a hostSelector\n");
}

TEST(Parse, Metadata) {
  EXPECT_EQ(
      told(named(
          "{name: a, labels: {x: 1, y: yes}, annotations: {z: text}, creationTimestamp: null, uid: u}")),
      "");
  EXPECT_EQ(told(named("{name: a, labels: [], annotations: {x: [1]}, colour: red}")),
            "3:29 error: this is a list\n3:50 error: this is a list\n3:56 error: unknown field \"colour\"\n");
}

TEST(Parse, RequiredFields) {
  EXPECT_EQ(
      told(kHead),
      "1:1 error: the field \"metadata\" is missing here\n1:1 error: the field \"spec\" is missing here\n");
  EXPECT_EQ(told(kHead + std::string("metadata: {name: a}\nspec:\n")), "4:1 error: this is null\n");
  EXPECT_EQ(told(kHead + std::string("metadata: {name: a}\nSpec: {}\n")),
            "4:1 error: the field \"spec\" is spelled \"Spec\"\n");
  EXPECT_EQ(told(policy_with("  kprobes: [{}]\n")), "6:13 error: the field \"call\" is missing here\n");
  EXPECT_EQ(
      told(policy_with(
          "  kprobes: [{call: f, selectors: [{matchPIDs: [{operator: In}], matchBinaries: [{}]}]}]\n")),
      "6:48 error: the field \"values\" is missing here\n6:81 error: the field \"operator\" is missing here\n"
      "6:81 error: the field \"values\" is missing here\n");
}

// As the API server has it: by rules of another version, with nulls in place of what is not there.
TEST(Parse, ALooseDocument) {
  Source text = policy_with(
      "  kprobes: [{call: f, colour: {deep: [1]}, args: null, tags: [null-is-text]}]\n  later: 1\n  "
      "podSelector: null\n");
  EXPECT_NE(told(text), "");
  text.loose = true;
  Diagnostics diagnostics;
  const auto policy = parse(text, diagnostics);
  diagnostics.sort();
  EXPECT_EQ(messages(diagnostics),
            "6:23 warning: the field \"colour\" is unknown and ignored\n"
            "7:3 warning: the field \"later\" is unknown and ignored\n");
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->spec.kprobes.at(0).args.empty());
  EXPECT_FALSE(policy->spec.pod_selector);
  Source broken = policy_with("  kprobes: [{colour: red}]\n");
  broken.loose = true;
  EXPECT_EQ(told(broken),
            "6:13 error: the field \"call\" is missing here\n6:14 warning: the field \"colour\" is unknown "
            "and ignored\n");
}

TEST(Parse, FieldNames) {
  EXPECT_EQ(told(policy_with("  kprobes: [{call: f, colour: red}]\n")),
            "6:23 error: unknown field \"colour\"\n");
  EXPECT_EQ(told(policy_with("  kprobes: [{call: f, MESSAGE: red}]\n")),
            "6:23 warning: the field \"message\" is spelled \"MESSAGE\"\n");
  EXPECT_EQ(told(policy_with("  kprobes: [{Call: f}]\n")),
            "6:14 error: the field \"call\" is spelled \"Call\"\n");
  EXPECT_EQ(told(policy_with("  kprobes: [{call: f, message: aa, Message: bb}]\n")),
            "6:36 error: the field \"message\" is given twice\n");
}

TEST(Parse, WrongKindsOfValues) {
  EXPECT_EQ(told(policy_with("  kprobes: {call: f}\n")), "6:12 error: this is a mapping\n");
  EXPECT_EQ(told(policy_with("  kprobes: null\n")), "6:12 error: this is null\n");
  EXPECT_EQ(told(policy_with("  kprobes: [null]\n")), "6:13 error: this is null\n");
  EXPECT_EQ(told(policy_with("  kprobes: [f]\n")), "6:13 error: this is a string\n");
  EXPECT_EQ(told(policy_with("  kprobes: [{call: n}]\n")), "6:20 error: this is a boolean\n");
  EXPECT_EQ(told(policy_with("  kprobes: [{call: f, syscall: 'true'}]\n")), "6:32 error: this is a string\n");
  EXPECT_EQ(told(policy_with("  kprobes: [{call: f, syscall: null}]\n")), "");
  EXPECT_EQ(told(policy_with("  kprobes: [{call: f, message: }]\n")), "6:23 error: this is null\n");
  EXPECT_EQ(told(policy_with("  kprobes: [{call: f, tags: [5, ok]}]\n")), "6:30 error: this is a number\n");
  EXPECT_EQ(told(policy_with("  kprobes: [{call: f, args: [{index: '0'}]}]\n")),
            "6:38 error: this is a string\n");
  EXPECT_EQ(told(policy_with("  selectorsMacros: []\n")), "6:20 error: this is a list\n");
  EXPECT_EQ(told(policy_with("  podSelector: x\n")), "6:16 error: this is a string\n");
}

TEST(Parse, Numbers) {
  const auto index = [](std::string_view number) {
    return told(
        policy_with("  kprobes: [{call: f, args: [{type: int, index: " + std::string(number) + "}]}]\n"));
  };
  for (const std::string_view good : {"0", "01", "0x1", "1.0", "1e0", "4294967295", "1_0"})
    EXPECT_EQ(index(good), "");
  for (const std::string bad : {"-1", "4294967296", "1.5", "1e30", ".inf", "18446744073709551616"}) {
    EXPECT_EQ(index(bad), "6:49 error: " + bad + " does not fit\n");
  }
  const auto error = [](std::string_view number) {
    return told(
        policy_with("  kprobes: [{call: f, selectors: [{matchActions: [{action: Override, argError: " +
                    std::string(number) + "}]}]}]\n"));
  };
  EXPECT_EQ(error("-2147483648"), "");
  EXPECT_EQ(error("2147483648"), "6:80 error: 2147483648 does not fit\n");
}

TEST(Parse, RulesBetweenFields) {
  EXPECT_EQ(told(policy_with("  kprobes: [{call: f, return: true}]\n")),
            "6:31 error: \"return\" is true and \"returnArg\" is missing\n");
  EXPECT_EQ(told(policy_with("  uprobes: [{path: p, symbols: [a], addrs: [1]}]\n")),
            "6:13 error: symbols, offsets and addrs are mutually exclusive\n");
  EXPECT_EQ(told(policy_with("  hostSelector: {matchLabels: {a: b}}\n")),
            "6:17 error: hostSelector cannot have conditions\n");
  EXPECT_EQ(
      told(policy_with("  podSelector: {matchLabels: {a: -b, c: '" + std::string(64, 'x') + "', d: ''}}\n")),
      "6:34 error: \"-b\" is not a valid label value\n6:41 error: this label value has 64 bytes\n");
  EXPECT_EQ(told(policy_with(
                "  usdts: [{path: p, provider: q, name: r, selectors: [{matchActions: [{action: Override, "
                "argNewSymbol: a, argNewAddr: 1}]}]}]\n")),
            "6:71 error: argNewSymbol, argNewAddr and argNewOffset are mutually exclusive\n");
  std::string tags;
  for (int i = 0; i < 17; ++i) tags += "t" + std::to_string(i) + ",";
  EXPECT_EQ(told(policy_with("  lsmhooks: [{hook: h, tags: [" + tags + "]}]\n")),
            "6:85 error: there are 17 tags\n");
}

TEST(Parse, EverySpellingOfAName) {
  for (const auto& [text, value] :
       {std::pair("NotSPortPriv", Operator::kNotSPortPriv),
        std::pair("NotSportPriv", Operator::kNotSPortPriv),
        std::pair("SubStringIgnoreCase", Operator::kSubStringIgnCase), std::pair("GT", Operator::kGt)}) {
    EXPECT_EQ(parse_word<Operator>(text), value) << text;
  }
  EXPECT_EQ(parse_word<DeclaredType>("sint64"), DeclaredType::kInt64);
  EXPECT_EQ(parse_word<DeclaredType>("long"), DeclaredType::kInt64);
  EXPECT_EQ(parse_word<DeclaredType>("ulong"), DeclaredType::kUint64);
  EXPECT_EQ(parse_word<DeclaredType>(""), std::nullopt);
  EXPECT_EQ(parse_word<Operator>("gt"), std::nullopt);
  EXPECT_EQ(parse_word<Capability>("CAP_DAC_OVERRIDE"), Capability::kDacOverride);
  EXPECT_EQ(static_cast<int>(Capability::kCheckpointRestore), 40);
}

TEST(Parse, AllMistakesAtOnce) {
  EXPECT_EQ(
      told(kHead + std::string("metadata: {name: A}\nspec:\n  kprobes:\n  - call: 1\n    args: [{type: x}]\n"
                               "    nope: 1\n  lists: [{type: yy}]\n")),
      "3:18 error: \"A\" is not a valid policy name\n6:11 error: this is a number\n"
      "7:12 error: the field \"index\" is missing here\n7:19 error: unknown type \"x\"\n"
      "8:5 error: unknown field \"nope\"\n9:11 error: the field \"name\" is missing here\n"
      "9:18 error: unknown list type \"yy\"\n");
}

}  // namespace
}  // namespace tripline::policy
