// SPDX-License-Identifier: Apache-2.0
// Event: the decoded, user-visible event. Plain, self-contained values: whoever has an Event can write it as JSON, as
// a compact line or as a message of the API without asking anything else. Names follow the event schema; an optional
// member is one the schema can leave out, and is absent here exactly when it is left out there.
//
// Every string is valid UTF-8, unless it says otherwise: bytes from the kernel that are none were replaced on the
// way in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/actions.h"
#include "event/shared_text.h"
#include "object/reason.h"
#include "pods/pod_view.h"

namespace tripline {

// The machine, as every event names it.
struct Node {
  std::string name;
  std::string cluster;  // may be empty
};

struct Capabilities {
  uint64_t permitted = 0;
  uint64_t effective = 0;
  uint64_t inheritable = 0;
  bool operator==(const Capabilities&) const = default;
};

// Ids as in the initial user namespace.
struct Credentials {
  uint32_t uid = 0, gid = 0, euid = 0, egid = 0, suid = 0, sgid = 0, fsuid = 0, fsgid = 0;
  uint32_t securebits = 0;
  bool operator==(const Credentials&) const = default;
};

// One namespace; inum 0 means that the kernel has none of the kind.
struct NamespaceId {
  uint32_t inum = 0;
  bool is_host = false;
  bool operator==(const NamespaceId&) const = default;
};

// The kinds of namespace, in the order of the schema.
#define TRIPLINE_NAMESPACES(X) \
  X(uts) X(ipc) X(mnt) X(pid) X(pid_for_children) X(net) X(time) X(time_for_children) X(cgroup) X(user)

struct Namespaces {
#define TRIPLINE_NAMESPACE_FIELD(name) NamespaceId name;
  TRIPLINE_NAMESPACES(TRIPLINE_NAMESPACE_FIELD)
#undef TRIPLINE_NAMESPACE_FIELD
  bool operator==(const Namespaces&) const = default;
};

// What executing the file changed, or what is odd about it. Shown in exec events only.
struct BinaryProperties {
  struct Inode {
    uint64_t number = 0;
    uint32_t links = 0;
    bool operator==(const Inode&) const = default;
  };
  std::optional<uint32_t> setuid;  // the new euid, when a set-uid file changed it
  std::optional<uint32_t> setgid;
  bool raised_by_file_caps = false;
  bool raised_by_setuid = false;  // to root, by who is not; `setuid` may be another
  bool raised_by_setgid = false;
  std::optional<Inode> inode;  // the executed file, when nothing links to it
  bool operator==(const BinaryProperties&) const = default;
};

// The pod that a process is in, and what of that is the process's own.
struct ProcessPod {
  PodViewPtr of;              // never null
  uint32_t pid = 0;           // in the container; 0: not known
  bool may_be_probe = false;  // a health check of the container
  bool operator==(const ProcessPod& other) const {
    return *of == *other.of && pid == other.pid && may_be_probe == other.may_be_probe;
  }
};

// One image of a process: what it has been since its last exec (or, without one, since its fork). Never changes, so
// that any number of events can share it.
struct Process {
  std::string exec_id;
  uint32_t pid = 0;  // thread group, in the root pid namespace
  std::optional<uint32_t> uid;
  std::optional<uint32_t> auid;  // 4294967295: unset
  SharedText cwd;
  SharedText binary;
  SharedText arguments;
  std::string flags;
  int64_t start_time = 0;  // ns since 1970
  std::optional<ProcessPod> pod;
  uint32_t pid_in_container = 0;  // for a pod that becomes known later; not shown
  std::string docker;             // the first 31 characters of the id of its container; empty: it is in none
  std::string parent_exec_id;
  std::optional<bool> in_init_tree;
  std::optional<Capabilities> cap;
  std::optional<Credentials> credentials;
  std::optional<Namespaces> ns;
  std::optional<std::string> user;
  SharedText environment;  // NAME=VALUE, each with a NUL behind it
  bool operator==(const Process&) const = default;
};

// A process as one event shows it.
struct Shown {
  std::shared_ptr<const Process> process;  // never null, except as Event says
  std::optional<uint32_t> tid;
  uint32_t refcnt = 0;
  bool operator==(const Shown&) const = default;  // of the same image, not of an equal one
};

// What an argument can be: one struct for each member of the oneof of the API that is produced. Numbers that the API
// shows as text are text here already, where the text depends on where the argument comes from.
struct IntArg {
  int32_t value = 0;
  bool operator==(const IntArg&) const = default;
};

struct UintArg {
  uint32_t value = 0;
  bool operator==(const UintArg&) const = default;
};

struct LongArg {
  int64_t value = 0;
  bool operator==(const LongArg&) const = default;
};

struct SizeArg {
  uint64_t value = 0;
  bool operator==(const SizeArg&) const = default;
};

struct StringArg {
  std::string value;
  bool operator==(const StringArg&) const = default;
};

// Any bytes: with TruncatedBytesArg the only strings of an event that need not be UTF-8.
struct BytesArg {
  std::string value;
  bool operator==(const BytesArg&) const = default;
};

struct TruncatedBytesArg {
  std::string value;
  uint64_t orig_size = 0;
  bool operator==(const TruncatedBytesArg&) const = default;
};

enum class FileKind : uint8_t { kFile, kPath, kLinuxBinprm };

template <FileKind kind>
struct FileLikeArg {
  std::string path;
  std::string flags;
  std::string permission;  // as ls shows it
  bool operator==(const FileLikeArg&) const = default;
};
using FileArg = FileLikeArg<FileKind::kFile>;
using PathArg = FileLikeArg<FileKind::kPath>;
using LinuxBinprmArg = FileLikeArg<FileKind::kLinuxBinprm>;

struct SockArg {
  std::string family, type, protocol;
  uint32_t mark = 0, priority = 0;
  std::string saddr, daddr;
  uint32_t sport = 0, dport = 0;
  uint64_t cookie = 0;
  std::string state;
  bool operator==(const SockArg&) const = default;
};

struct SkbArg {
  uint32_t hash = 0, len = 0, priority = 0, mark = 0;
  std::string saddr, daddr;
  uint32_t sport = 0, dport = 0;
  uint32_t proto = 0;
  uint32_t sec_path_len = 0, sec_path_olen = 0;
  std::string protocol, family;
  bool operator==(const SkbArg&) const = default;
};

struct SockaddrArg {
  std::string family, addr;
  uint32_t port = 0;
  bool operator==(const SockaddrArg&) const = default;
};

struct SockaddrUnArg {
  std::string family, path;
  bool operator==(const SockaddrUnArg&) const = default;
};

struct UserNamespace {
  int32_t level = 0;
  uint32_t uid = 0, gid = 0;
  NamespaceId ns;
  bool operator==(const UserNamespace&) const = default;
};

struct UserNsArg {
  UserNamespace value;
  bool operator==(const UserNsArg&) const = default;
};

struct ProcessCredentialsArg {
  Credentials credentials;
  Capabilities caps;
  UserNamespace user_ns;
  bool operator==(const ProcessCredentialsArg&) const = default;
};

struct CapabilityArg {
  int32_t value = 0;
  bool operator==(const CapabilityArg&) const = default;
};

enum class CapabilitySet : uint8_t { kKernelCapT, kInheritable, kPermitted, kEffective };

struct CapabilitySetArg {
  CapabilitySet kind = CapabilitySet::kKernelCapT;
  uint64_t set = 0;
  bool operator==(const CapabilitySetArg&) const = default;
};

struct BpfCmdArg {
  int32_t value = 0;
  bool operator==(const BpfCmdArg&) const = default;
};

enum class BpfProgKind : uint8_t { kAttr, kProg };

template <BpfProgKind kind>
struct BpfProgLikeArg {
  std::string prog_type;
  uint32_t insn_cnt = 0;
  std::string prog_name;
  bool operator==(const BpfProgLikeArg&) const = default;
};
using BpfAttrArg = BpfProgLikeArg<BpfProgKind::kAttr>;
using BpfProgArg = BpfProgLikeArg<BpfProgKind::kProg>;

struct BpfMapArg {
  std::string map_type;
  uint32_t key_size = 0, value_size = 0, max_entries = 0;
  std::string map_name;
  bool operator==(const BpfMapArg&) const = default;
};

struct PerfEventArg {
  std::string kprobe_func, type;
  uint64_t config = 0, probe_offset = 0;
  bool operator==(const PerfEventArg&) const = default;
};

struct ModuleArg {
  std::string name;
  std::optional<bool> signature_ok;  // of a module that is being loaded
  uint64_t taints = 0;
  bool operator==(const ModuleArg&) const = default;
};

struct SyscallIdArg {
  uint32_t id = 0;
  std::string abi;
  bool operator==(const SyscallIdArg&) const = default;
};

struct ErrorArg {
  std::string message;
  bool operator==(const ErrorArg&) const = default;
};

using ArgumentValue =
    std::variant<IntArg, UintArg, LongArg, SizeArg, StringArg, BytesArg, TruncatedBytesArg, FileArg, PathArg,
                 LinuxBinprmArg, SockArg, SkbArg, SockaddrArg, SockaddrUnArg, UserNsArg,
                 ProcessCredentialsArg, CapabilityArg, CapabilitySetArg, BpfCmdArg, BpfAttrArg, BpfProgArg,
                 BpfMapArg, PerfEventArg, ModuleArg, SyscallIdArg, ErrorArg>;

struct Argument {
  ArgumentValue value;
  std::string label;
  bool operator==(const Argument&) const = default;
};

// One frame of a stack.
struct StackFrame {
  uint64_t address = 0;  // 0: not to be shown
  uint64_t offset = 0;   // from the symbol, or from the start of the module
  std::string symbol;
  std::string module;  // user stacks only
  bool operator==(const StackFrame&) const = default;
};

// The actions an event can name, with their numbers in the API; those besides the language's are never made.
#define TRIPLINE_EVENT_ACTIONS(X)                \
  X(kUnknown, "", -1, false, "UNKNOWN", 0)       \
  X(kFollowFd, "", -1, false, "FOLLOWFD", 2)     \
  X(kUnfollowFd, "", -1, false, "UNFOLLOWFD", 4) \
  X(kCopyFd, "", -1, false, "COPYFD", 6)         \
  TRIPLINE_ACTIONS(X)

enum class Action : uint8_t {
#define TRIPLINE_ACTION_VALUE(name, word, number, enforces, api, api_number) name = api_number,
  TRIPLINE_EVENT_ACTIONS(TRIPLINE_ACTION_VALUE)
#undef TRIPLINE_ACTION_VALUE
};

struct ProcessExec {
  std::optional<BinaryProperties> binary_properties;  // shown as a member of the process
};

struct ProcessExit {
  std::string signal;   // empty on a normal exit
  uint32_t status = 0;  // 0 when ended by a signal
};

struct ProcessKprobe {
  std::string function;
  std::vector<Argument> args;
  std::vector<Argument> data;
  std::optional<Argument> returned;  // `return`
  Action action = Action::kPost;
  Action return_action = Action::kPost;
  std::vector<StackFrame> kernel_stack;  // innermost first
  std::vector<StackFrame> user_stack;
  std::string policy;
  std::string message;
  std::vector<std::string> tags;
};

struct ProcessTracepoint {
  std::string subsys;
  std::string event;
  std::vector<Argument> args;
  Action action = Action::kPost;
  std::string policy;
  std::string message;
  std::vector<std::string> tags;
};

struct ProcessLsm {
  std::string function;  // the hook
  std::vector<Argument> args;
  Action action = Action::kPost;
  std::string ima_hash;  // algorithm:hex
  std::string policy;
  std::string message;
  std::vector<std::string> tags;
};

// A function of a program or a library was reached.
struct ProcessUprobe {
  std::string path;
  std::string symbol;
  std::vector<Argument> args;
  std::vector<Argument> data;
  uint64_t offset = 0;  // in the file, of a hook that was given by it
  uint64_t ref_ctr_offset = 0;
  Action action = Action::kPost;
  std::string policy;
  std::string message;
  std::vector<std::string> tags;
};

// A marker that somebody put into a program was reached.
struct ProcessUsdt {
  std::string path;
  std::string provider;
  std::string name;
  std::vector<Argument> args;
  Action action = Action::kPost;
  std::string flags;
  std::string policy;
  std::string message;
  std::vector<std::string> tags;
};

// A process mapped code of a file.
struct ProcessLoader {
  std::string path;
  std::string build_id;  // bytes
};

// Events of a cgroup are suppressed from now on, or no longer. Names no process.
struct ProcessThrottle {
  enum class Type : uint8_t { kUnknown, kStart, kStop };
  Type type = Type::kUnknown;
  std::string cgroup;
};

using Payload = std::variant<ProcessExec, ProcessExit, ProcessKprobe, ProcessTracepoint, ProcessLsm,
                             ProcessUprobe, ProcessUsdt, ProcessLoader, ProcessThrottle>;

// What the agent does besides showing an event.
struct Request {
  Action action = Action::kGetUrl;
  std::string target;  // kGetUrl: an address; kDnsLookup: a name
  bool operator==(const Request&) const = default;
};

// Which selectors let an event of a policy through. Both are absent where that is not known.
struct Why {
  std::shared_ptr<const Reason> entered;
  std::shared_ptr<const Reason> returned;  // of a call that was judged again when it returned
};

struct Event {
  int64_t time = 0;  // ns since 1970
  Shown process;     // without a process in a ProcessThrottle only
  std::optional<Shown> parent;
  std::vector<Shown> ancestors;  // the parent's parent first
  Payload payload;
  std::vector<Request> requests;  // not shown
  Why why;                        // shown to whoever asks for it
  bool in_tree = false;           // the process is a marked root or descends from one (process.h); not shown
};

}  // namespace tripline
