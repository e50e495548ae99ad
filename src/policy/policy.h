// SPDX-License-Identifier: Apache-2.0
// Policy: one TracingPolicy or TracingPolicyNamespaced document, as written. It is the whole language: what the
// agent cannot run is refused by check(), not here. Plain data; names are parsed to the enums of words.h where the
// language fixes their set, values of filters stay text, because what they mean depends on the argument's type.
//
// Every scalar knows where it was written, every mapping too, so that any later stage can point at the document.
// Places do not take part in equality. A field that was not written holds its default and has the Span of line 0.
// std::optional stands where absence means something that no value means.
//
// The parts of the language are in a namespace of their own, because many of its words (Action, Namespace) mean
// something else elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "policy/words.h"

namespace tripline::policy {

// The place of a mapping; equal to any other place.
struct Placed {
  Span span;
  bool operator==(const Placed&) const { return true; }
};

using Text = Located<std::string>;
using Flag = Located<bool>;
using TextList = std::vector<Text>;

// matchLabels and matchExpressions are ANDed. Present but empty is not the same as absent.
struct LabelRequirement : Placed {
  Text key;
  Located<LabelOperator> op;
  TextList values;
  bool operator==(const LabelRequirement&) const = default;
};
struct LabelSelector : Placed {
  std::map<std::string, Text> match_labels;
  std::vector<LabelRequirement> match_expressions;
  bool operator==(const LabelSelector&) const = default;
};

// An element of args or data, or a returnArg.
struct Argument : Placed {
  Located<uint32_t> index;  // of the hook's argument; what that is differs by kind of hook
  Located<DeclaredType> type;
  Text resolve;  // path through kernel types, or a register's name
  Text btf_type;
  Text btf_type_module;
  Text source;                       // data: current_task or pt_regs
  Located<uint32_t> size_arg_index;  // counts from 1; 0: none
  Flag return_copy;
  Flag max_data;
  Text label;
  bool operator==(const Argument&) const = default;
};

// An element of matchArgs, matchData or matchReturnArgs.
struct ArgFilter : Placed {
  Located<uint32_t> index;
  std::vector<Located<uint32_t>> args;  // positions; wins over index
  Located<Operator> op;
  TextList values;
  bool operator==(const ArgFilter&) const = default;
};

struct PidFilter : Placed {
  Located<SetOperator> op;
  std::vector<Located<uint32_t>> values;
  Flag is_namespace_pid;
  Flag follow_forks;
  bool operator==(const PidFilter&) const = default;
};

// An element of matchBinaries or matchParentBinaries.
struct BinaryFilter : Placed {
  Located<BinaryOperator> op;
  TextList values;
  Flag follow_children;
  bool operator==(const BinaryFilter&) const = default;
};

struct NamespaceFilter : Placed {
  Located<Namespace> kind;
  Located<SetOperator> op;
  TextList values;  // inode numbers or host_ns
  bool operator==(const NamespaceFilter&) const = default;
};

struct NamespaceChangeFilter : Placed {
  Located<SetOperator> op;
  TextList values;  // names of namespaces, in any case
  bool operator==(const NamespaceChangeFilter&) const = default;
};

// An element of matchCapabilities or matchCapabilityChanges.
struct CapabilityFilter : Placed {
  Located<CapabilitySet> set;
  Located<SetOperator> op;
  Flag is_namespace_capability;
  TextList values;  // names of capabilities, in any case
  bool operator==(const CapabilityFilter&) const = default;
};

// Which pods, containers and host processes; as spec's three selectors, or inside one selector.
struct Workloads : Placed {
  std::optional<LabelSelector> pod_selector;
  std::optional<LabelSelector> container_selector;
  std::optional<LabelSelector> host_selector;  // empty when present
  bool operator==(const Workloads&) const = default;
};

// An element of matchActions or matchReturnActions; which fields count depends on the kind.
struct Action : Placed {
  Located<ActionKind> kind;
  Text url;
  Text fqdn;
  Located<int32_t> error;
  Located<uint32_t> signal;
  Located<uint32_t> sock;
  Located<uint32_t> arg_index;
  Located<uint32_t> arg_value;
  TextList registers;
  std::optional<Text> new_symbol;
  std::optional<Located<uint64_t>> new_address;
  std::optional<Located<uint64_t>> new_offset;
  Text rate_limit;
  Text rate_limit_scope;
  Flag kernel_stack_trace;
  Flag user_stack_trace;
  Flag ima_hash;
  bool operator==(const Action&) const = default;
};

struct Selector : Placed {
  Text label;
  TextList macros;
  std::vector<PidFilter> match_pids;
  std::vector<ArgFilter> match_args;
  std::vector<ArgFilter> match_data;
  std::vector<ArgFilter> match_return_args;
  std::vector<BinaryFilter> match_binaries;
  std::vector<BinaryFilter> match_parent_binaries;
  std::vector<NamespaceFilter> match_namespaces;
  std::vector<NamespaceChangeFilter> match_namespace_changes;
  std::vector<CapabilityFilter> match_capabilities;
  std::vector<CapabilityFilter> match_capability_changes;
  std::optional<Workloads> match_workloads;
  std::vector<Action> match_actions;
  std::vector<Action> match_return_actions;
  bool operator==(const Selector&) const = default;
};

struct Ignore : Placed {
  Flag call_not_found;
  Flag digest_verification_failure;
  bool operator==(const Ignore&) const = default;
};

// An element of kprobes or fentries.
struct FunctionHook : Placed {
  Text call;  // a kernel symbol, a system call, or list:NAME
  Flag syscall{.value = true, .span = {}};
  Flag wants_return;
  std::vector<Argument> args;
  std::vector<Argument> data;
  std::optional<Argument> return_arg;
  Text return_arg_action;
  std::optional<Ignore> ignore;
  Text message;
  TextList tags;
  std::vector<Selector> selectors;
  bool operator==(const FunctionHook&) const = default;
};

struct TracepointHook : Placed {
  Text subsystem;
  Text event;
  Flag raw;
  std::vector<Argument> args;
  Text message;
  TextList tags;
  std::vector<Selector> selectors;
  bool operator==(const TracepointHook&) const = default;
};

struct LsmHook : Placed {
  Text hook;
  std::vector<Argument> args;
  Text message;
  TextList tags;
  std::vector<Selector> selectors;
  bool operator==(const LsmHook&) const = default;
};

struct UprobeHook : Placed {
  Text path;
  TextList symbols;
  std::vector<Located<uint64_t>> offsets;
  std::vector<Located<uint64_t>> addresses;
  std::vector<Located<uint64_t>> ref_ctr_offsets;
  Text btf_path;
  Flag wants_return;
  std::vector<Argument> args;
  std::vector<Argument> data;
  std::optional<Argument> return_arg;
  TextList binary_digests;
  std::optional<Ignore> ignore;
  Text message;
  TextList tags;
  std::vector<Selector> selectors;
  bool operator==(const UprobeHook&) const = default;
};

struct UsdtHook : Placed {
  Text path;
  Text provider;
  Text name;
  Text btf_path;
  std::vector<Argument> args;
  Text message;
  TextList tags;
  std::vector<Selector> selectors;
  bool operator==(const UsdtHook&) const = default;
};

struct Enforcer : Placed {
  TextList calls;
  bool operator==(const Enforcer&) const = default;
};

struct NameList : Placed {
  Text name;
  std::optional<Located<ListType>> type;
  TextList values;
  Text pattern;
  Flag validated;
  bool operator==(const NameList&) const = default;
};

struct Option : Placed {
  Text name;
  Text value;
  bool operator==(const Option&) const = default;
};

struct Spec : Placed {
  std::vector<FunctionHook> kprobes;
  std::vector<FunctionHook> fentries;
  std::vector<TracepointHook> tracepoints;
  std::vector<LsmHook> lsm_hooks;
  std::vector<UprobeHook> uprobes;
  std::vector<UsdtHook> usdts;
  Flag loader;
  std::vector<Enforcer> enforcers;
  std::vector<NameList> lists;
  std::vector<Option> options;
  std::map<std::string, Selector> selectors_macros;
  std::optional<LabelSelector> pod_selector;
  std::optional<LabelSelector> container_selector;
  std::optional<LabelSelector> host_selector;  // empty when present
  std::optional<LabelSelector> node_selector;
  bool operator==(const Spec&) const = default;
};

}  // namespace tripline::policy

namespace tripline {

struct Policy {
  std::string source_name;  // the document's name, for messages; not part of equality
  Located<policy::PolicyKind> kind;
  policy::Text name;
  policy::Text namespace_name;  // empty for a TracingPolicy
  std::map<std::string, policy::Text> labels;
  std::map<std::string, policy::Text> annotations;
  policy::Spec spec;

  bool operator==(const Policy& other) const {
    return kind == other.kind && name == other.name && namespace_name == other.namespace_name &&
           labels == other.labels && annotations == other.annotations && spec == other.spec;
  }
};

// A document of more bytes is refused unread.
inline constexpr size_t kLargestDocument = size_t{4} << 20;

// Reads the first document of `source`, which may be YAML or JSON. Reports all that is wrong with it; absent when
// there was an error. Refuses, instead of running out of memory or stack: text over 4 MiB, nesting over 100 levels,
// aliases that expand to over a million nodes.
[[nodiscard]] std::optional<Policy> parse(const Source& source, Diagnostics& diagnostics);

// The policy in a normal form: fields in a fixed order, defaults left out, texts between quotes. It parses to an
// equal Policy.
[[nodiscard]] std::string print(const Policy& policy);

}  // namespace tripline
