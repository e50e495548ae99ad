// SPDX-License-Identifier: Apache-2.0
// The custom resource definition's description of each field of the language, beyond its name and type: its purpose,
// default and bounds. One table for each mapping of policy/parse/schema.h; a field without a row, or a row without a
// field, does not compile.
//
// Fields of 32 bits without kFromZero have no lower bound, though the language has no negative values there: stored
// objects that have them stay readable.
#pragma once

#include <array>
#include <string_view>

#include "policy/policy.h"

namespace tripline::crd {

enum class Bound {
  kNone,
  kFromZero,    // of the number, or of each number of the list
  kMostOne,     // elements
  kMostSixteen  // elements
};

struct About {
  std::string_view field;
  std::string_view text;
  std::string_view fallback = {};  // the default, as YAML and JSON write it
  Bound bound = Bound::kNone;
  // Must be there, though a file may leave it out: there the default is filled in first, or check() refuses it.
  bool needed = false;
};

// about(static_cast<const T*>(nullptr)): what is known of T's fields.

constexpr auto about(const policy::LabelRequirement*) {
  return std::to_array<About>({
      {"key", "The label to compare."},
      {"operator",
       "In and NotIn compare the label's value; Exists and DoesNotExist test whether it is there."},
      {"values", "The values for In and NotIn."},
  });
}

constexpr auto about(const policy::LabelSelector*) {
  return std::to_array<About>({
      {"matchLabels", "Labels and the values they must have. All must match."},
      {"matchExpressions", "Conditions on labels. All must hold."},
  });
}

constexpr auto about(const policy::Argument*) {
  return std::to_array<About>({
      {"index",
       "Which argument of the hook, counted from 0; for tracepoints, the number of the field.",
       {},
       Bound::kFromZero},
      {"type", "How the argument is read and shown.", "\"auto\"", Bound::kNone, true},
      {"resolve", "A path through the kernel's types that starts at the argument, or the name of a register.",
       "\"\""},
      {"btfType", "The type that resolve starts from, instead of the argument's own type."},
      {"btfTypeModule", "The kernel module that has this type."},
      {"source", "Source of the data: current_task or pt_regs."},
      {"sizeArgIndex",
       "The argument that holds the size of this one, counted from 1; 0 for none.",
       {},
       Bound::kFromZero},
      {"returnCopy", "Read the argument when the function returns.", "false"},
      {"maxData", "Read as much of a char_buf as possible, instead of its first 4096 bytes.", "false"},
      {"label", "A name for the argument in events."},
  });
}

constexpr auto about(const policy::ArgFilter*) {
  return std::to_array<About>({
      {"index", "The index of the argument to compare.", {}, Bound::kFromZero},
      {"args", "Positions of the arguments to compare; used instead of index.", {}, Bound::kFromZero},
      {"operator", "How to compare it."},
      {"values", "The values to compare with."},
  });
}

constexpr auto about(const policy::PidFilter*) {
  return std::to_array<About>({
      {"operator", "In or NotIn."},
      {"values", "The process ids."},
      {"isNamespacePID", "The ids are those in the process's own pid namespace.", "false"},
      {"followForks", "Also match the descendants of these processes.", "false"},
  });
}

constexpr auto about(const policy::BinaryFilter*) {
  return std::to_array<About>({
      {"operator", "How to compare the path of the program."},
      {"values", "Absolute paths, or prefixes or suffixes of paths."},
      {"followChildren", "Also match the descendants of these processes.", "false"},
  });
}

constexpr auto about(const policy::NamespaceFilter*) {
  return std::to_array<About>({
      {"namespace", "Which namespace of the process."},
      {"operator", "In or NotIn."},
      {"values", "Inode numbers of namespaces, or host_ns for the host's namespace.", {}, Bound::kNone, true},
  });
}

constexpr auto about(const policy::NamespaceChangeFilter*) {
  return std::to_array<About>({
      {"operator", "In or NotIn."},
      {"values", "Kinds of namespaces.", {}, Bound::kNone, true},
  });
}

constexpr auto about(const policy::CapabilityFilter*) {
  return std::to_array<About>({
      {"type", "Which set of capabilities of the process.", "\"Effective\""},
      {"operator", "In or NotIn."},
      {"isNamespaceCapability", "Only processes outside the host's user namespace.", "false"},
      {"values", "Names of capabilities, such as CAP_SYS_ADMIN.", {}, Bound::kNone, true},
  });
}

constexpr auto about(const policy::Workloads*) {
  return std::to_array<About>({
      {"podSelector", "Labels of the pod."},
      {"containerSelector", "The container, by `name` and `repo`."},
      {"hostSelector", "If empty, also processes outside pods."},
  });
}

constexpr auto about(const policy::Action*) {
  return std::to_array<About>({
      {"action", "The action to perform."},
      {"argUrl", "GetUrl: the address."},
      {"argFqdn", "DnsLookup: the name."},
      {"argError", "Override: the value that the call returns."},
      {"argSig", "Signal and NotifyEnforcer: the number of the signal."},
      {"argSock", "TrackSock and UntrackSock: the index of the socket."},
      {"argIndex", "Set: the index of the argument."},
      {"argValue", "Set: its new value."},
      {"argRegs", "Override in user-space code: registers and their new values."},
      {"argNewSymbol", "Override in user-space code: the symbol to call instead."},
      {"argNewAddr", "Override in user-space code: the address to call instead."},
      {"argNewOffset", "Override in user-space code: the file offset to call instead."},
      {"rateLimit", "The minimum time between two equal events: a number and s, m or h."},
      {"rateLimitScope", "Scope in which equal events are limited: thread (the default), process or global."},
      {"kernelStackTrace", "Post: show the kernel stack."},
      {"userStackTrace", "Post: show the user-space stack of the process."},
      {"imaHash", "Post: show the file's digest from the kernel's Integrity Measurement Architecture (IMA)."},
  });
}

constexpr auto about(const policy::Selector*) {
  return std::to_array<About>({
      {"label", "A name for the selector in events."},
      {"macros", "Names of selectorsMacros whose filters are added."},
      {"matchPIDs", "Filters on process ids. All must match."},
      {"matchArgs", "Filters on arguments. All must match."},
      {"matchData", "Filters on data. All must match."},
      {"matchReturnArgs", "Filters on the return value. All must match."},
      {"matchBinaries", "A filter on the program of the process.", {}, Bound::kMostOne},
      {"matchParentBinaries", "A filter on the program of the parent process.", {}, Bound::kMostOne},
      {"matchNamespaces", "Filters on namespaces. All must match."},
      {"matchNamespaceChanges", "Filters on changes of namespaces. All must match."},
      {"matchCapabilities", "Filters on capabilities. All must match."},
      {"matchCapabilityChanges", "Filters on changes of capabilities. All must match."},
      {"matchWorkloads", "A filter on the pod and container of the process."},
      {"matchActions", "The actions to perform when all filters match; without any, an event is posted."},
      {"matchReturnActions", "The actions to perform when the function returns and matchReturnArgs matches."},
  });
}

constexpr auto about(const policy::Ignore*) {
  return std::to_array<About>({
      {"callNotFound", "If the function does not exist, skip the hook and load the rest."},
      {"digestVerificationFailure", "If the file has none of the digests, skip the hook and load the rest."},
  });
}

constexpr auto about(const policy::FunctionHook*) {
  return std::to_array<About>({
      {"call", "A kernel function, a system call, or list:NAME."},
      {"syscall", "The function is a system call.", "true"},
      {"return", "Also hook the return of the function.", "false"},
      {"args", "Arguments to read."},
      {"data", "Other data to read: from the task or from registers."},
      {"returnArg", "How to read the return value."},
      {"returnArgAction", "What to do with the return value: TrackSock or UntrackSock."},
      {"ignore", "Which errors to ignore."},
      {"message", "A text for events of this hook."},
      {"tags", "Tags for events of this hook.", {}, Bound::kMostSixteen},
      {"selectors", "Which calls match. The first selector that matches decides the actions."},
  });
}

constexpr auto about(const policy::TracepointHook*) {
  return std::to_array<About>({
      {"subsystem", "The group of the tracepoint."},
      {"event", "The name of the tracepoint."},
      {"raw", "Attach as a raw tracepoint: args are then those of the tracepoint call in the kernel."},
      {"args", "Fields to read."},
      {"message", "A text for events of this hook."},
      {"tags", "Tags for events of this hook.", {}, Bound::kMostSixteen},
      {"selectors", "Which calls match. The first selector that matches decides the actions."},
  });
}

constexpr auto about(const policy::LsmHook*) {
  return std::to_array<About>({
      {"hook", "The name of the LSM hook."},
      {"args", "Arguments to read."},
      {"message", "A text for events of this hook."},
      {"tags", "Tags for events of this hook.", {}, Bound::kMostSixteen},
      {"selectors", "Which calls match. The first selector that matches decides the actions."},
  });
}

constexpr auto about(const policy::UprobeHook*) {
  return std::to_array<About>({
      {"path", "The program or library."},
      {"symbols", "Functions in it."},
      {"offsets", "Offsets in the file."},
      {"addrs", "Virtual addresses, as in the file's headers."},
      {"refCtrOffsets", "Offsets of counters to increment while the hook is attached, one for each place."},
      {"btfPath", "A file with the types of the program."},
      {"return", "Also hook the return of the function.", "false"},
      {"args", "Arguments to read."},
      {"data", "Other data to read: from the task or from registers."},
      {"returnArg", "How to read the return value."},
      {"binaryDigests",
       "The file must have one of these digests: an algorithm, a colon and hexadecimal digits."},
      {"ignore", "Which errors to ignore."},
      {"message", "A text for events of this hook."},
      {"tags", "Tags for events of this hook.", {}, Bound::kMostSixteen},
      {"selectors", "Which calls match. The first selector that matches decides the actions."},
  });
}

constexpr auto about(const policy::UsdtHook*) {
  return std::to_array<About>({
      {"path", "The program or library."},
      {"provider", "The provider of the probe."},
      {"name", "The name of the probe."},
      {"btfPath", "A file with the types of the program."},
      {"args", "Arguments to read."},
      {"message", "A text for events of this hook."},
      {"tags", "Tags for events of this hook.", {}, Bound::kMostSixteen},
      {"selectors", "Which calls match. The first selector that matches decides the actions."},
  });
}

constexpr auto about(const policy::Enforcer*) {
  return std::to_array<About>(
      {{"calls", "System calls and functions on which NotifyEnforcer can act, or list:NAME."}});
}

constexpr auto about(const policy::NameList*) {
  return std::to_array<About>({
      {"name", "The name of the list."},
      {"type", "Whether the names are listed here or taken from the kernel."},
      {"values", "The names."},
      {"pattern", "generated_ftrace: a regular expression that selects functions."},
      {"validated", "The names have been looked up in the kernel. Set by the agent; it has no effect here."},
  });
}

constexpr auto about(const policy::Option*) {
  return std::to_array<About>({
      {"name", "The name of the option."},
      {"value", "Its value."},
  });
}

constexpr auto about(const policy::Spec*) {
  return std::to_array<About>({
      {"kprobes", "Kernel functions and system calls."},
      {"fentries", "Kernel functions, hooked by trampolines."},
      {"tracepoints", "Tracepoints of the kernel."},
      {"lsmhooks", "LSM hooks."},
      {"uprobes", "Functions and places in programs and libraries."},
      {"usdts", "Static probes in programs and libraries."},
      {"loader", "Report mapped programs and libraries."},
      {"enforcers", "What NotifyEnforcer can act on."},
      {"lists", "Lists of names that hooks and filters use."},
      {"options", "Options of the policy."},
      {"selectorsMacros", "Named filters, which selectors include with macros."},
      {"podSelector", "Only pods with these labels."},
      {"containerSelector", "Only these containers of pods, by `name` and `repo`."},
      {"hostSelector", "If empty, also processes outside pods."},
      {"nodeSelector", "Only nodes with these labels."},
  });
}

}  // namespace tripline::crd
