// SPDX-License-Identifier: Apache-2.0
// The keywords of the policy language: argument types, operators, actions and so on. Each list is here once, as an
// X-macro; the enum, the text of each value and the list of valid names come from it.
//
// `also` holds spellings that are accepted besides the printed one: names that mean the same, and spellings that the
// language's documentation uses.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace tripline::policy {

// clang-format off
#define TRIPLINE_POLICY_KINDS(X)                                                                                  \
  X(kTracingPolicy, "TracingPolicy") X(kTracingPolicyNamespaced, "TracingPolicyNamespaced")

// The declared type of an argument.
#define TRIPLINE_DECLARED_TYPES(X)                                                                                \
  X(kAuto, "auto") X(kInt, "int") X(kInt8, "int8") X(kUint8, "uint8") X(kInt16, "int16") X(kUint16, "uint16")     \
  X(kInt32, "int32") X(kUint32, "uint32") X(kInt64, "int64") X(kUint64, "uint64") X(kSizeT, "size_t")             \
  X(kCharBuf, "char_buf") X(kCharIovec, "char_iovec") X(kSkb, "skb") X(kSock, "sock") X(kSockaddr, "sockaddr")    \
  X(kSocket, "socket") X(kSockaddrUn, "sockaddr_un") X(kString, "string") X(kFd, "fd") X(kFile, "file")           \
  X(kFilename, "filename") X(kPath, "path") X(kNop, "nop") X(kBpfAttr, "bpf_attr") X(kPerfEvent, "perf_event")    \
  X(kBpfMap, "bpf_map") X(kUserNamespace, "user_namespace") X(kCapability, "capability") X(kKiocb, "kiocb")       \
  X(kIovIter, "iov_iter") X(kCred, "cred") X(kConstBuf, "const_buf") X(kLoadInfo, "load_info")                    \
  X(kModule, "module") X(kSyscall64, "syscall64") X(kKernelCapT, "kernel_cap_t")                                  \
  X(kCapInheritable, "cap_inheritable") X(kCapPermitted, "cap_permitted") X(kCapEffective, "cap_effective")       \
  X(kLinuxBinprm, "linux_binprm") X(kDataLoc, "data_loc") X(kNetDevice, "net_device") X(kBpfCmd, "bpf_cmd")       \
  X(kDentry, "dentry") X(kBpfProg, "bpf_prog")
#define TRIPLINE_DECLARED_TYPES_ALSO(X)                                                                           \
  X(kInt8, "sint8") X(kInt16, "sint16") X(kInt32, "sint32") X(kInt64, "sint64") X(kInt64, "long")                 \
  X(kUint64, "ulong")

// Operators of matchArgs, matchData and matchReturnArgs.
#define TRIPLINE_OPERATORS(X)                                                                                     \
  X(kEqual, "Equal") X(kNotEqual, "NotEqual") X(kPrefix, "Prefix") X(kNotPrefix, "NotPrefix")                     \
  X(kPostfix, "Postfix") X(kNotPostfix, "NotPostfix") X(kGt, "GT") X(kLt, "LT") X(kMask, "Mask")                  \
  X(kSPort, "SPort") X(kNotSPort, "NotSPort") X(kSPortPriv, "SPortPriv") X(kNotSPortPriv, "NotSportPriv")         \
  X(kDPort, "DPort") X(kNotDPort, "NotDPort") X(kDPortPriv, "DPortPriv") X(kNotDPortPriv, "NotDPortPriv")         \
  X(kSAddr, "SAddr") X(kNotSAddr, "NotSAddr") X(kDAddr, "DAddr") X(kNotDAddr, "NotDAddr")                         \
  X(kProtocol, "Protocol") X(kFamily, "Family") X(kState, "State") X(kInMap, "InMap") X(kNotInMap, "NotInMap")    \
  X(kCapabilitiesGained, "CapabilitiesGained") X(kInRange, "InRange") X(kNotInRange, "NotInRange")                \
  X(kSubString, "SubString") X(kSubStringIgnCase, "SubStringIgnCase") X(kCelExpr, "CelExpr")                      \
  X(kFileType, "FileType") X(kNotFileType, "NotFileType")
#define TRIPLINE_OPERATORS_ALSO(X)                                                                                \
  X(kGt, "GreaterThan") X(kLt, "LessThan") X(kNotSPortPriv, "NotSPortPriv")                                       \
  X(kSubStringIgnCase, "SubStringIgnoreCase")

#define TRIPLINE_SET_OPERATORS(X) X(kIn, "In") X(kNotIn, "NotIn")

#define TRIPLINE_BINARY_OPERATORS(X)                                                                              \
  X(kIn, "In") X(kNotIn, "NotIn") X(kPrefix, "Prefix") X(kNotPrefix, "NotPrefix") X(kPostfix, "Postfix")          \
  X(kNotPostfix, "NotPostfix")

#define TRIPLINE_LABEL_OPERATORS(X)                                                                               \
  X(kIn, "In") X(kNotIn, "NotIn") X(kExists, "Exists") X(kDoesNotExist, "DoesNotExist")

#define TRIPLINE_NAMESPACE_WORDS(X)                                                                                    \
  X(kUts, "Uts") X(kIpc, "Ipc") X(kMnt, "Mnt") X(kPid, "Pid") X(kPidForChildren, "PidForChildren")                \
  X(kNet, "Net") X(kTime, "Time") X(kTimeForChildren, "TimeForChildren") X(kCgroup, "Cgroup") X(kUser, "User")

#define TRIPLINE_CAPABILITY_SETS(X)                                                                               \
  X(kEffective, "Effective") X(kInheritable, "Inheritable") X(kPermitted, "Permitted")

// In the order of their bits.
#define TRIPLINE_CAPABILITIES(X)                                                                                  \
  X(kChown, "CAP_CHOWN") X(kDacOverride, "DAC_OVERRIDE") X(kDacReadSearch, "CAP_DAC_READ_SEARCH")                 \
  X(kFowner, "CAP_FOWNER") X(kFsetid, "CAP_FSETID") X(kKill, "CAP_KILL") X(kSetgid, "CAP_SETGID")                 \
  X(kSetuid, "CAP_SETUID") X(kSetpcap, "CAP_SETPCAP") X(kLinuxImmutable, "CAP_LINUX_IMMUTABLE")                   \
  X(kNetBindService, "CAP_NET_BIND_SERVICE") X(kNetBroadcast, "CAP_NET_BROADCAST")                                \
  X(kNetAdmin, "CAP_NET_ADMIN") X(kNetRaw, "CAP_NET_RAW") X(kIpcLock, "CAP_IPC_LOCK")                             \
  X(kIpcOwner, "CAP_IPC_OWNER") X(kSysModule, "CAP_SYS_MODULE") X(kSysRawio, "CAP_SYS_RAWIO")                     \
  X(kSysChroot, "CAP_SYS_CHROOT") X(kSysPtrace, "CAP_SYS_PTRACE") X(kSysPacct, "CAP_SYS_PACCT")                   \
  X(kSysAdmin, "CAP_SYS_ADMIN") X(kSysBoot, "CAP_SYS_BOOT") X(kSysNice, "CAP_SYS_NICE")                           \
  X(kSysResource, "CAP_SYS_RESOURCE") X(kSysTime, "CAP_SYS_TIME") X(kSysTtyConfig, "CAP_SYS_TTY_CONFIG")          \
  X(kMknod, "CAP_MKNOD") X(kLease, "CAP_LEASE") X(kAuditWrite, "CAP_AUDIT_WRITE")                                 \
  X(kAuditControl, "CAP_AUDIT_CONTROL") X(kSetfcap, "CAP_SETFCAP") X(kMacOverride, "CAP_MAC_OVERRIDE")            \
  X(kMacAdmin, "CAP_MAC_ADMIN") X(kSyslog, "CAP_SYSLOG") X(kWakeAlarm, "CAP_WAKE_ALARM")                          \
  X(kBlockSuspend, "CAP_BLOCK_SUSPEND") X(kAuditRead, "CAP_AUDIT_READ") X(kPerfmon, "CAP_PERFMON")                \
  X(kBpf, "CAP_BPF") X(kCheckpointRestore, "CAP_CHECKPOINT_RESTORE")
#define TRIPLINE_CAPABILITIES_ALSO(X) X(kDacOverride, "CAP_DAC_OVERRIDE")

#define TRIPLINE_ACTION_WORDS(X)                                                                                       \
  X(kPost, "Post") X(kSigkill, "Sigkill") X(kSignal, "Signal") X(kOverride, "Override") X(kGetUrl, "GetUrl")      \
  X(kDnsLookup, "DnsLookup") X(kNoPost, "NoPost") X(kTrackSock, "TrackSock") X(kUntrackSock, "UntrackSock")       \
  X(kNotifyEnforcer, "NotifyEnforcer") X(kCleanupEnforcerNotification, "CleanupEnforcerNotification")             \
  X(kSet, "Set")

#define TRIPLINE_LIST_TYPES(X)                                                                                    \
  X(kSyscalls, "syscalls") X(kGeneratedSyscalls, "generated_syscalls") X(kGeneratedFtrace, "generated_ftrace")

// Names in spec.options; a name that is not here is ignored.
#define TRIPLINE_OPTIONS(X)                                                                                       \
  X(kDisableKprobeMulti, "disable-kprobe-multi") X(kDisableUprobeMulti, "disable-uprobe-multi")                   \
  X(kOverrideMethod, "override-method") X(kPolicyMode, "policy-mode")                                             \
  X(kSleepablePreloadSize, "sleepable-preload-size")

#define TRIPLINE_NO_WORDS(X)

// enum, its list of words, the spellings also accepted, what a message calls one of them
#define TRIPLINE_WORD_LISTS(X)                                                                                    \
  X(PolicyKind, TRIPLINE_POLICY_KINDS, TRIPLINE_NO_WORDS, "kind")                                                 \
  X(DeclaredType, TRIPLINE_DECLARED_TYPES, TRIPLINE_DECLARED_TYPES_ALSO, "type")                                  \
  X(Operator, TRIPLINE_OPERATORS, TRIPLINE_OPERATORS_ALSO, "operator")                                            \
  X(SetOperator, TRIPLINE_SET_OPERATORS, TRIPLINE_NO_WORDS, "operator")                                           \
  X(BinaryOperator, TRIPLINE_BINARY_OPERATORS, TRIPLINE_NO_WORDS, "operator")                                     \
  X(LabelOperator, TRIPLINE_LABEL_OPERATORS, TRIPLINE_NO_WORDS, "operator")                                       \
  X(Namespace, TRIPLINE_NAMESPACE_WORDS, TRIPLINE_NO_WORDS, "namespace")                                               \
  X(CapabilitySet, TRIPLINE_CAPABILITY_SETS, TRIPLINE_NO_WORDS, "capability set")                                 \
  X(Capability, TRIPLINE_CAPABILITIES, TRIPLINE_CAPABILITIES_ALSO, "capability")                                  \
  X(ActionKind, TRIPLINE_ACTION_WORDS, TRIPLINE_NO_WORDS, "action")                                                    \
  X(ListType, TRIPLINE_LIST_TYPES, TRIPLINE_NO_WORDS, "list type")                                                \
  X(OptionName, TRIPLINE_OPTIONS, TRIPLINE_NO_WORDS, "option")
// clang-format on

// Words<E>::all: the text of each value, in the order of the enum. Words<E>::what: what a message calls an E.
template <typename E>
struct Words;

template <typename E>
using Spelling = std::pair<std::string_view, E>;

#define TRIPLINE_ENUMERATOR(value, text) value,
#define TRIPLINE_TEXT(value, text) std::string_view(text),
#define TRIPLINE_SPELLING(value, text) Spelling<Enum>{text, Enum::value},
#define TRIPLINE_DEFINE_WORDS(name, list, also_list, what_text)                          \
  enum class name { list(TRIPLINE_ENUMERATOR) };                                         \
  template <>                                                                            \
  struct Words<name> {                                                                   \
    using Enum = name;                                                                   \
    static constexpr std::string_view what = what_text;                                  \
    static constexpr auto all = std::to_array({list(TRIPLINE_TEXT)});                    \
    static constexpr auto also =                                                         \
        std::to_array<Spelling<name>>({Spelling<name>{}, also_list(TRIPLINE_SPELLING)}); \
  };
TRIPLINE_WORD_LISTS(TRIPLINE_DEFINE_WORDS)
#undef TRIPLINE_DEFINE_WORDS
#undef TRIPLINE_SPELLING
#undef TRIPLINE_TEXT
#undef TRIPLINE_ENUMERATOR

// The text of `value`, as a policy writes it.
template <typename E>
constexpr std::string_view word(E value) {
  return Words<E>::all[static_cast<size_t>(value)];
}

// The value that `text` spells, exactly.
template <typename E>
constexpr std::optional<E> parse_word(std::string_view text) {
  for (size_t i = 0; i < Words<E>::all.size(); ++i) {
    if (Words<E>::all[i] == text) return static_cast<E>(i);
  }
  if (text.empty()) return std::nullopt;
  for (const auto& [spelling, value] : Words<E>::also) {
    if (spelling == text) return value;
  }
  return std::nullopt;
}

}  // namespace tripline::policy
