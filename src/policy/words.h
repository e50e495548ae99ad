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

#include "base/actions.h"

namespace tripline::policy {

// clang-format off
#define TRIPLINE_POLICY_KINDS(X)                                                                                  \
  X(kTracingPolicy, "TracingPolicy") X(kTracingPolicyNamespaced, "TracingPolicyNamespaced")

// The declared type of an argument: value, text; then what is known of its values. In this room: their ArgFamily, bits and
// sign where they are numbers, and whether they have bytes of variable length. For the compiler: the FieldType of a record
// that holds them (object/object.h), the library's function that reads them (abi/library.h), and of a path what it is
// read from (enum tl_place).
#define TRIPLINE_DECLARED_TYPES(X)                                                                                                  \
  X(kAuto,           "auto",            kOther,        64, false, false, kNone,           none,                    0)               \
  X(kInt,            "int",             kInteger,      32, true,  false, kInt,            tl_resolved_number,      0)               \
  X(kInt8,           "int8",            kInteger,      8,  true,  false, kInt,            tl_resolved_number,      0)               \
  X(kUint8,          "uint8",           kInteger,      8,  false, false, kUint,           tl_resolved_number,      0)               \
  X(kInt16,          "int16",           kInteger,      16, true,  false, kInt,            tl_resolved_number,      0)               \
  X(kUint16,         "uint16",          kInteger,      16, false, false, kUint,           tl_resolved_number,      0)               \
  X(kInt32,          "int32",           kInteger,      32, true,  false, kInt,            tl_resolved_number,      0)               \
  X(kUint32,         "uint32",          kInteger,      32, false, false, kUint,           tl_resolved_number,      0)               \
  X(kInt64,          "int64",           kInteger,      64, true,  false, kLong,           tl_resolved_number,      0)               \
  X(kUint64,         "uint64",          kInteger,      64, false, false, kSize,           tl_resolved_number,      0)               \
  X(kSizeT,          "size_t",          kInteger,      64, false, false, kSize,           tl_resolved_number,      0)               \
  X(kCharBuf,        "char_buf",        kText,         64, false, true,  kBytes,          tl_buffer_value,         0)               \
  X(kCharIovec,      "char_iovec",      kText,         64, false, true,  kBytes,          tl_iovec_value,          0)               \
  X(kSkb,            "skb",             kSocket,       64, false, false, kSkb,            tl_skb_value,            0)               \
  X(kSock,           "sock",            kSocket,       64, false, false, kSock,           tl_sock_value,           0)               \
  X(kSockaddr,       "sockaddr",        kSocket,       64, false, false, kSockaddr,       tl_sockaddr_value,       0)               \
  X(kSocket,         "socket",          kSocket,       64, false, false, kSock,           tl_socket_value,         0)               \
  X(kSockaddrUn,     "sockaddr_un",     kUnixAddress,  64, false, true,  kSockaddrUn,     tl_sockaddr_un_value,    0)               \
  X(kString,         "string",          kText,         64, false, true,  kString,         tl_string_value,         0)               \
  X(kFd,             "fd",              kPath,         64, false, true,  kFile,           tl_place_value,          TL_PLACE_FD)     \
  X(kFile,           "file",            kPath,         64, false, true,  kFile,           tl_place_value,          TL_PLACE_FILE)   \
  X(kFilename,       "filename",        kText,         64, false, true,  kString,         tl_filename_value,       0)               \
  X(kPath,           "path",            kPath,         64, false, true,  kPath,           tl_place_value,          TL_PLACE_PATH)   \
  X(kNop,            "nop",             kNone,         64, false, false, kNone,           none,                    0)               \
  X(kBpfAttr,        "bpf_attr",        kObject,       64, false, false, kBpfAttr,        tl_bpf_attr_value,       0)               \
  X(kPerfEvent,      "perf_event",      kObject,       64, false, true,  kPerfEvent,      tl_perf_event_value,     0)               \
  X(kBpfMap,         "bpf_map",         kObject,       64, false, false, kBpfMap,         tl_bpf_map_value,        0)               \
  X(kUserNamespace,  "user_namespace",  kObject,       64, false, false, kUserNamespace,  tl_user_namespace_value, 0)               \
  X(kCapability,     "capability",      kInteger,      32, true,  false, kCapability,     tl_resolved_number,      0)               \
  X(kKiocb,          "kiocb",           kPath,         64, false, true,  kFile,           tl_place_value,          TL_PLACE_KIOCB)  \
  X(kIovIter,        "iov_iter",        kText,         64, false, true,  kBytes,          tl_iov_iter_value,       0)               \
  X(kCred,           "cred",            kObject,       64, false, false, kCred,           tl_cred_value,           0)               \
  X(kConstBuf,       "const_buf",       kText,         64, false, true,  kLongs,          tl_buffer_value,         0)               \
  X(kLoadInfo,       "load_info",       kObject,       64, false, true,  kLoadInfo,       tl_load_info_value,      0)               \
  X(kModule,         "module",          kObject,       64, false, true,  kModule,         tl_module_value,         0)               \
  X(kSyscall64,      "syscall64",       kInteger,      64, false, false, kSyscallId,      tl_resolved_number,      0)               \
  X(kKernelCapT,     "kernel_cap_t",    kCapabilities, 64, false, false, kKernelCapT,     tl_capabilities_value,   0)               \
  X(kCapInheritable, "cap_inheritable", kCapabilities, 64, false, false, kCapInheritable, tl_capabilities_value,   0)               \
  X(kCapPermitted,   "cap_permitted",   kCapabilities, 64, false, false, kCapPermitted,   tl_capabilities_value,   0)               \
  X(kCapEffective,   "cap_effective",   kCapabilities, 64, false, false, kCapEffective,   tl_capabilities_value,   0)               \
  X(kLinuxBinprm,    "linux_binprm",    kPath,         64, false, true,  kLinuxBinprm,    tl_place_value,          TL_PLACE_BINPRM) \
  X(kDataLoc,        "data_loc",        kText,         64, false, true,  kString,         tl_string_value,         0)               \
  X(kNetDevice,      "net_device",      kText,         64, false, true,  kString,         tl_net_device_value,     0)               \
  X(kBpfCmd,         "bpf_cmd",         kInteger,      32, true,  false, kBpfCmd,         tl_resolved_number,      0)               \
  X(kDentry,         "dentry",          kPath,         64, false, true,  kPath,           tl_place_value,          TL_PLACE_DENTRY) \
  X(kBpfProg,        "bpf_prog",        kObject,       64, false, false, kBpfProg,        tl_bpf_prog_value,       0)
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

#define TRIPLINE_ACTION_WORDS(X) TRIPLINE_ACTIONS(X)

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

#define TRIPLINE_ENUMERATOR(value, ...) value,
#define TRIPLINE_TEXT(value, text, ...) std::string_view(text),
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
