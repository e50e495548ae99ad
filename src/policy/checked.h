// SPDX-License-Identifier: Apache-2.0
// CheckedPolicy: a policy that one Kernel can run, whole. Every name is resolved, every value parsed to the width
// of the argument it is compared with, every default filled in; what the compiler and the oracle read.
// A policy that asks for anything not built, or not possible on that Kernel, never becomes one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/actions.h"
#include "base/diagnostics.h"
#include "base/source.h"
#include "hook/attachment.h"
#include "hook/target.h"
#include "kernel/kernel.h"
#include "pods/scope.h"
#include "policy/files.h"
#include "policy/words.h"

namespace tripline {

struct Policy;

// What the policy calls the hook, which decides the kind of its events.
enum class HookKind { kKprobe, kFentry, kTracepoint, kLsm, kUprobe, kUsdt, kLoader };
inline constexpr unsigned kHookKinds = static_cast<unsigned>(HookKind::kLoader) + 1;
// Is it a hook on code of user space?
[[nodiscard]] constexpr bool is_user(HookKind kind) {
  return kind == HookKind::kUprobe || kind == HookKind::kUsdt;
}

// The declared types of arguments are the types that are read; integers that are spelled in several ways are one.
using ArgType = policy::DeclaredType;

// A step of `resolve`: on from the address reached so far.
struct ResolveStep {
  int32_t offset = 0;        // bytes added
  bool dereference = false;  // then the pointer there is followed; else the address itself goes on
  auto operator<=>(const ResolveStep&) const = default;
};

// Where the 8 bytes of a value come from.
struct ArgSource {
  enum class Kind {
    kParameter,      // of the hooked function or raw tracepoint; index: its position
    kSyscall,        // of a system call, in the struct pt_regs the hooked function gets; index: its position
    kRecord,         // a field of a tracepoint's record
    kRecordAddress,  // where a field of a tracepoint's record is
    kRecordData,     // where what a __data_loc field of a tracepoint's record names is
    kSyscallId,  // the number of a system call; index: of the parameter that tells it, 0: it is in the registers there
    kResult,    // what the function returns; index: the number of its parameters
    kSaved,     // what the entry of the call noted: index 0 a buffer's address, 1 the number of buffers
    kTask,      // the current struct task_struct
    kThread,    // the id of the current task in the root pid namespace
    kRegister,  // of the struct pt_regs of the hook
    kConstant,  // the compiler of a file of user space knew it
    kMember,    // of the struct that parameter `index` points to
  };
  Kind kind = Kind::kParameter;
  uint32_t index = 0;
  uint32_t offset = 0;     // kRecord, kRegister, kMember: bytes from the start
  uint32_t size = 8;       // kRecord, kRegister: bytes; with steps, of what is at their end
  bool is_signed = false;  // kRecord, kRegister
  bool abi = false;        // the number of a system call: bit 31 is set in those of the 32-bit mode
  bool is_32 = false;      // kSyscall: of a call of the 32-bit mode, which passes arguments otherwise
  bool is_pointer =
      false;  // kParameter, kResult, kMember: typed programs get it with its type, not as a number
  // kParameter, kResult: typed programs must not load it; they read, as a number, what the kernel saved for them.
  bool saved = false;
  // kParameter, kRecord, kSaved: a process chose it. What it points to is memory of that process, whatever it looks like.
  bool of_process = false;
  int64_t constant = 0;  // kConstant
  // kRegister, kConstant: a register is added, by its offset in struct pt_regs, `scale` times.
  std::optional<uint32_t> added;
  uint32_t scale = 1;
  // kParameter of a kprobe: the number of its register, where that is not `index`.
  std::optional<uint32_t> reg;
  std::vector<ResolveStep> steps;  // empty: the value itself is meant; else what is at the end of them
  auto operator<=>(const ArgSource&) const = default;
};

// Does a process choose the address that this is, in a program that is attached so? Then nothing of the kernel may be
// read there: the process could not read it, nor would the kernel for it.
[[nodiscard]] constexpr bool is_of_process(Attachment attachment, const ArgSource& source) {
  using Kind = ArgSource::Kind;
  // These are addresses of the kernel's own, whoever runs.
  if (source.kind == Kind::kTask || source.kind == Kind::kRecordAddress || source.kind == Kind::kRecordData)
    return false;
  return is_user(attachment) || source.kind == Kind::kSyscall || source.of_process;
}

// What an argument is for.
enum class ArgPlace {
  kArgs,    // an element of args
  kData,    // an element of data
  kHidden,  // in no event: the length of another
};

struct CheckedArg {
  ArgType type = ArgType::kInt32;  // kNop: nothing is read, and nothing shown
  ArgSource source;
  std::optional<ArgSource> size;  // of a buffer: where its length is
  bool return_copy = false;       // read when the function returns
  bool max_data = false;
  ArgPlace place = ArgPlace::kArgs;
  std::string label;
  Span span;
};

// Integers from `low` to `high`, both included; as signed or unsigned 64-bit numbers, by the argument's type.
struct IntRange {
  int64_t low = 0;
  int64_t high = 0;
  bool operator==(const IntRange&) const = default;
};

// Comparison of an integer argument, in the width and signedness of its type. A list without elements holds nothing.
struct IntFilter {
  enum class Op {
    kEqual,       // any of them is equal (InMap too)
    kNotEqual,    // none is
    kGreater,     // than any `low`
    kLess,        // than any `low`
    kMask,        // any `low` has a bit in common
    kInRange,     // in any of them (InMap too)
    kNotInRange,  // in none
  };
  uint32_t arg = 0;  // position in CheckedHook::args
  Op op = Op::kEqual;
  std::vector<IntRange> values;  // single numbers have low == high
  Span span;
};

// What text must be to one of the values; or, with Not, to none of them.
enum class TextOp {
  kEqual,
  kNotEqual,
  kPrefix,
  kNotPrefix,
  kPostfix,
  kNotPostfix,
  kSubString,
  kSubStringIgnCase,  // letters of ASCII in either case; the values have small ones
};

// Comparison of a file's path, as the event shows it. An argument with an empty path (pipe, socket, memfd, a
// path that could not be resolved) fails every operator, the Not variants too.
struct PathFilter {
  using Op = TextOp;
  uint32_t arg = 0;
  Op op = Op::kEqual;
  std::vector<std::string> values;  // bytes; an empty one is legal and never equals a path
  Span span;
};

// Comparison of text or bytes, with all that was read of them; of a socket's name, with its path or what follows the
// leading NUL of an abstract one. What could not be read fails every operator.
struct TextFilter {
  using Op = TextOp;
  uint32_t arg = 0;
  Op op = Op::kEqual;
  std::vector<std::string> values;
  Span span;
};

// The type of a file's inode. What has no inode is of no type, and passes the Not variant.
struct FileTypeFilter {
  uint32_t arg = 0;
  bool negated = false;
  std::vector<uint16_t> types;  // as the S_IFMT bits of a mode
  Span span;
};

// A block of addresses: those whose first `prefix` bits are the ones of `bytes`, which has 0 in all others.
struct AddressBlock {
  bool is_ipv6 = false;
  std::array<uint8_t, 16> bytes = {};  // in network order; the first 4 of an IPv4 address
  uint32_t prefix = 0;
  bool operator==(const AddressBlock&) const = default;
};

// Comparison of one field of an argument of family kSocket or, kFamily alone, kUnixAddress. An address that is none of
// IPv4 or IPv6 fails SAddr and DAddr, the Not variants too.
struct SocketFilter {
  enum class Field {
    kSourceAddress,       // the local one of a socket
    kDestinationAddress,  // the remote one
    kSourcePort,
    kDestinationPort,
    kProtocol,
    kFamily,
    kState,
  };
  uint32_t arg = 0;
  Field field = Field::kFamily;
  bool negated = false;                 // none of them, instead of any
  std::vector<AddressBlock> addresses;  // of the address fields
  std::vector<IntRange> numbers;        // of the others
  Span span;
};

// Has the set of capabilities `gained` one that `old` has not?
struct CapabilitiesGainedFilter {
  uint32_t old = 0;  // positions in CheckedHook::args
  uint32_t gained = 0;
  Span span;
};

// An operator that the language accepts on a type for which it is always, or never, true.
struct ConstantFilter {
  bool passes = false;
  Span span;
};

// A typed expression. Numbers wrap in the width of their type.
struct CelNode {
  enum class Type { kBool, kInt32, kUint32, kInt, kUint };  // the last two have 64 bits
  enum class Kind {
    kArg,     // position `arg` of CheckedHook::args
    kNumber,  // `number`; 0 or 1 of a bool
    kNot,     // of a bool
    kAnd,     // of bools
    kOr,
    kEqual,  // of two of one type; the result is a bool
    kNotEqual,
    kLess,  // likewise, of numbers
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kAdd,  // of two numbers of one type
    kSubtract,
    kBitAnd,
    kBitOr,
    kBitXor,
    kBitNot,  // of one
    kCast,    // of a number of 64 bits to 32 of the same signedness
  };
  Kind kind = Kind::kNumber;
  Type type = Type::kBool;
  uint32_t arg = 0;
  int64_t number = 0;
  std::vector<CelNode> operands;
  bool operator==(const CelNode&) const = default;
};

// CelExpr. Fails when an argument that it names could not be read, whatever else it says.
struct CelFilter {
  CelNode expression;
  Span span;
};

// What a load from the current task gives.
enum class TaskNumber {
  kPid,           // of the process, in the root pid namespace
  kNamespacePid,  // in its own; 0 in the root one
  // Inode numbers of its namespaces, in the order of policy::Namespace.
  kUts,
  kIpc,
  kMnt,
  kPidNamespace,
  kPidForChildren,
  kNet,
  kTime,
  kTimeForChildren,
  kCgroup,
  kUser,  // before 7.1 the one of the process's memory map, from then on that of the thread's credentials
  // Capabilities of the thread, in the order of policy::CapabilitySet.
  kEffective,
  kInheritable,
  kPermitted,
};

// Comparison of a number of the current task: matchPIDs, matchNamespaces, matchCapabilities.
struct TaskFilter {
  TaskNumber number = TaskNumber::kPid;
  bool is_mask =
      false;  // then it holds when the number has a bit in common with any value, else when it is equal
  bool negated = false;
  std::vector<uint64_t> values;
  Span span;
};

// What is decided once for each image of each process, or for each process and all that come of it (D3). Equal clauses
// of different policies are one.
struct FactClause {
  enum class Kind {
    kEqual,  // the path of the image
    kPrefix,
    kPostfix,
    kFollowBinary,  // it equals a value, or that of an ancestor did, or an earlier one of the process itself
    kFollowPid,     // the process or an ancestor has one of these ids
    kFollowNamespacePid,  // in its own pid namespace; 0 in the root one
  };
  Kind kind = Kind::kEqual;
  std::vector<std::string> paths;  // sorted, each once
  std::vector<uint32_t> pids;      // likewise
  auto operator<=>(const FactClause&) const = default;
};

// matchBinaries, matchParentBinaries, matchPIDs with followForks. One on a path fails for an image without a path,
// whatever the operator. One on the parent passes when no parent is known.
struct FactFilter {
  FactClause clause;
  bool negated = false;
  bool parent = false;
  Span span;
};

// matchNamespaceChanges, matchCapabilityChanges: compares the current task with what was recorded for its process.
struct ChangeFilter {
  enum class What { kNamespaces, kEffective, kInheritable, kPermitted };
  What what = What::kNamespaces;
  uint64_t listed = 0;  // bits of policy::Namespace, or capabilities
  // Holds when one that is not listed changed, and of capabilities none that is; else when one that is listed did.
  bool others = false;
  Span span;
};

using Filter =
    std::variant<IntFilter, PathFilter, TextFilter, FileTypeFilter, SocketFilter, CapabilitiesGainedFilter,
                 ConstantFilter, CelFilter, TaskFilter, FactFilter, ChangeFilter>;

// Which events are held back by one that was posted.
struct RateLimit {
  enum class Scope {
    kThread,   // those of the same thread
    kProcess,  // of the same process
    kGlobal,   // all
  };
  uint32_t interval = 0;  // milliseconds
  Scope scope = Scope::kThread;
  bool operator==(const RateLimit&) const = default;
};

// So many arguments of a hook, the first ones, tell the events that a rate limit holds back from others.
inline constexpr size_t kRatedArgs = 8;

// What a register of the process becomes (Override of uprobes), or a place in its memory (Set of usdts).
struct Assignment {
  enum class From {
    kConstant,  // `constant`
    kRegister,  // a register and `constant`
    kMemory,    // 8 bytes at that address; when they cannot be read, nothing is assigned
  };
  uint32_t to = 0;  // offset in struct pt_regs
  uint32_t to_size = 8;
  From from = From::kConstant;
  uint32_t reg = 0;  // offset in struct pt_regs
  uint32_t reg_size = 8;
  int64_t constant = 0;
  bool operator==(const Assignment&) const = default;
};

struct CheckedAction {
  using Kind = ActionName;
  Kind kind = Kind::kPost;
  bool kernel_stack = false;            // kPost: the event shows the stack of the kernel at the hook
  bool user_stack = false;              // kPost: and that of the process
  bool ima_hash = false;                // kPost: and the hash of the file that the hook is about
  std::optional<RateLimit> rate_limit;  // kPost
  std::string target;                   // kGetUrl: the address; kDnsLookup: the name
  Span span;
  uint32_t signal = 0;  // kSignal, kNotifyEnforcer: which; 0: none is sent
  // kTrackSock, kUntrackSock: position in CheckedHook::args, at the return 0: what is returned. Absent: no socket.
  std::optional<uint32_t> sock;
  // kOverride, kNotifyEnforcer: what the function is to return instead; of the latter 0: it may go on.
  int32_t error = 0;
  bool direct =
      false;  // kNotifyEnforcer: the hook is on the call that is enforced, which the action does itself
  std::vector<Assignment> assignments = {};  // kOverride of uprobes, in order
  // kSet: an operand in memory, whose last step leads to it, and what is put there.
  std::optional<ArgSource> place = {};
  uint32_t value = 0;
  bool enforces = false;   // is it of the kinds that make a policy an enforcing one?
  bool has_effect = true;  // false: it is counted and shown, and does nothing here
};

// All filters must pass; the first passing selector of a hook decides and its actions run in order.
struct CheckedSelector {
  std::string label;
  // Of the processes that the policy is about those that the selector is; absent: all of them. When the function returns,
  // what counts is who called it.
  std::optional<Scope> scope = {};
  std::vector<Filter> filters;
  std::vector<CheckedAction> actions;  // never empty: no actions means one Post
  // When the function returns: the first selector that passes, of the one that matched at entry and those behind it.
  // Filters are about CheckedHook::result.
  std::vector<Filter> return_filters;
  std::vector<CheckedAction> return_actions;  // never empty
  Span span;
  bool implied = false;  // the document has none: it stands for all calls
};

// What becomes of the socket that a function returns, whatever selectors say.
enum class SockTracking { kNone, kTrack, kUntrack };

// One hook section of one policy at one kernel function.
struct CheckedHook {
  HookKind kind = HookKind::kKprobe;
  std::string call;           // as written in the policy; of usdts the name of the probe
  std::string provider = {};  // of usdts
  Target target;              // of a raw tracepoint, too, with the subsystem as written
  Attachment attachment = Attachment::kFentry;
  std::string attachment_reason;     // one sentence for `explain`
  std::vector<CheckedArg> args;      // first those of place kArgs, then kData, then kHidden
  uint32_t parameters = 0;           // of the function
  std::optional<CheckedArg> result;  // shown as what the function returned
  SockTracking result_tracking = SockTracking::kNone;
  std::vector<CheckedSelector> selectors;  // never empty: no selectors means one without filters
  std::string message;
  std::vector<std::string> tags;
  uint32_t index = 0;  // position of the section in its list
  Span span;
};

// Does an event of it show the hash of a file?
[[nodiscard]] bool shows_hash(const CheckedHook& hook);

// Does a selector of it override what the function returns, at its entry? A NotifyEnforcer on the enforced call does.
[[nodiscard]] bool overrides(const CheckedHook& hook);

// The name that events and messages have. A function that calls security modules keeps its own where the program is
// attached to their hook.
[[nodiscard]] std::string shown_function(const CheckedHook& hook);

// Is the event made when the function returns? At entry it is only begun.
[[nodiscard]] bool waits_for_return(const CheckedHook& hook);

// Of a section that may name functions which do not exist: how many of them were found.
struct Presence {
  HookKind kind = HookKind::kKprobe;
  uint32_t index = 0;                                                      // of the section
  std::string call;                                                        // as it is written
  enum class Found { kAll, kSome, kNone, kRejected } found = Found::kAll;  // kRejected: it is another file
};

struct CheckedPolicy {
  std::string name;
  std::string namespace_name;  // empty for a TracingPolicy
  std::string source_name;     // the document's name, for messages
  std::optional<Scope> scope;  // whom it is about; absent: every process
  bool enforce = true;  // the mode it begins with; false: enforcing actions are reported and not performed
  bool monitor_only =
      false;  // no action that runs enforces anything: the mode cannot be changed (enforce is false)
  bool partial =
      false;  // hooks of it are skipped: what they name does not exist, and it says that it need not
  std::vector<CheckedHook> hooks;
  std::vector<Presence> presences;    // of kprobes, fentries and uprobes
  std::vector<CheckedHook> enforced;  // calls that notices are enforced at; without selectors
};

// Has it more than a loader, which has no mode and no statistics?
[[nodiscard]] bool has_mode(const CheckedPolicy& policy);
// Does any hook of it track sockets? Then the events of all of them tell whose a socket is.
[[nodiscard]] bool tracks_sockets(const CheckedPolicy& policy);
// Of a type whose values are sockets.
[[nodiscard]] bool is_socket(ArgType type);

// What values of a type are, as far as the compiler treats several types alike.
enum class ArgFamily {
  kInteger,       // one number, in a register
  kPath,          // something with a path, an inode mode and flags
  kText,          // text, or bytes that are compared as text
  kCapabilities,  // a pointer to a set of capabilities; compared as an integer
  kSocket,        // what has addresses and ports: sock, socket, skb, sockaddr
  kUnixAddress,   // sockaddr_un
  kObject,        // a struct that is shown, and that no operator compares
  kNone,          // kNop
  kOther,         // not built
};
[[nodiscard]] ArgFamily family_of(ArgType type);
// Does a value of this type have bytes of any number?
[[nodiscard]] bool has_bytes(ArgType type);

// Of a type of family kInteger or kCapabilities.
struct IntegerShape {
  uint32_t bits = 64;
  bool is_signed = false;
};
[[nodiscard]] IntegerShape integer_shape(ArgType type);

// What the agent is told besides policies.
struct CheckOptions {
  bool parents_map = false;  // matchParentBinaries may be used
  // Are pods known? Else what asks for some is refused, and the namespace of a policy and hostSelector are ignored.
  bool kubernetes = true;
  bool policy_filter = true;  // policies may be about some processes only
};

// Resolves `policy` against `kernel`. All mistakes, and everything the policy asks for that is not built or that
// this kernel cannot do, go to `diagnostics`; absent when there was an error.
[[nodiscard]] std::optional<CheckedPolicy> check(const Policy& policy, const Kernel& kernel,
                                                 Diagnostics& diagnostics, const CheckOptions& options = {},
                                                 const Files& files = {});

}  // namespace tripline
