// SPDX-License-Identifier: Apache-2.0
// Event: the decoded, user-visible thing. Plain values, complete in themselves: whoever has an Event can write it
// as JSON, as a compact line or as a message of the API without asking anything else. Names follow the event
// schema; an optional member is one the schema can leave out, and is absent here exactly when it is left out there.
//
// Every string is valid UTF-8: bytes from the kernel that are none were replaced on the way in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

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
  bool raised_by_setuid = false;
  bool raised_by_setgid = false;
  std::optional<Inode> inode;  // the executed file, when nothing links to it
  bool operator==(const BinaryProperties&) const = default;
};

// One image of a process: what it has been since its last exec (or, without one, since its fork). Never changes, so
// that any number of events can share it.
struct Process {
  std::string exec_id;
  uint32_t pid = 0;  // thread group, in the root pid namespace
  std::optional<uint32_t> uid;
  std::optional<uint32_t> auid;  // 4294967295: unset
  std::string cwd;
  std::string binary;
  std::string arguments;
  std::string flags;
  int64_t start_time = 0;  // ns since 1970
  std::string parent_exec_id;
  std::optional<bool> in_init_tree;
  std::optional<Capabilities> cap;
  std::optional<Credentials> credentials;
  std::optional<Namespaces> ns;
  std::optional<std::string> user;
  bool operator==(const Process&) const = default;
};

// A process as one event shows it.
struct Shown {
  std::shared_ptr<const Process> process;  // never null
  std::optional<uint32_t> tid;
  uint32_t refcnt = 0;
};

struct IntArg {
  int32_t value = 0;
  bool operator==(const IntArg&) const = default;
};

struct FileArg {
  std::string path;
  std::string flags;
  std::string permission;  // as ls shows it
  bool operator==(const FileArg&) const = default;
};

struct Argument {
  std::variant<IntArg, FileArg> value;
  std::string label;
  bool operator==(const Argument&) const = default;
};

// The actions an event can name, with their numbers in the API.
#define TRIPLINE_ACTIONS(X)                              \
  X(kUnknown, 0, "UNKNOWN")                              \
  X(kPost, 1, "POST")                                    \
  X(kFollowFd, 2, "FOLLOWFD")                            \
  X(kSigkill, 3, "SIGKILL")                              \
  X(kUnfollowFd, 4, "UNFOLLOWFD")                        \
  X(kOverride, 5, "OVERRIDE")                            \
  X(kCopyFd, 6, "COPYFD")                                \
  X(kGetUrl, 7, "GETURL")                                \
  X(kDnsLookup, 8, "DNSLOOKUP")                          \
  X(kNoPost, 9, "NOPOST")                                \
  X(kSignal, 10, "SIGNAL")                               \
  X(kTrackSock, 11, "TRACKSOCK")                         \
  X(kUntrackSock, 12, "UNTRACKSOCK")                     \
  X(kNotifyEnforcer, 13, "NOTIFYENFORCER")               \
  X(kCleanupEnforcer, 14, "CLEANUPENFORCERNOTIFICATION") \
  X(kSet, 15, "SET")

enum class Action : uint8_t {
#define TRIPLINE_ACTION_VALUE(name, number, text) name = number,
  TRIPLINE_ACTIONS(TRIPLINE_ACTION_VALUE)
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
  Action action = Action::kPost;
  Action return_action = Action::kPost;
  std::string policy;
  std::string message;
  std::vector<std::string> tags;
};

struct Event {
  int64_t time = 0;  // ns since 1970
  Shown process;
  std::optional<Shown> parent;
  std::vector<Shown> ancestors;  // the parent's parent first
  std::variant<ProcessExec, ProcessExit, ProcessKprobe> payload;
  bool in_tree = false;  // the process is a marked root or descends from one (process.h); not shown
};

}  // namespace tripline
