// SPDX-License-Identifier: Apache-2.0
// The oracle: decides, in the plainest way, what one hook section of a policy does with one call. Written from the
// language's reference, not from the compiler, and sharing no code with it: when the two disagree, one is wrong, and
// this one is a page that can be read. THIS CODE IS SLOW ON PURPOSE AND BELONGS TO TESTS.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/checked.h"

namespace tripline::oracle {

// A file as an event shows it. The path is empty when the object has no name (pipe, socket, memfd), or when it could
// not be resolved.
struct File {
  std::string path;
  uint16_t mode = 0;
  bool unresolved = false;
  bool has_inode = true;
};

// Text, or the bytes of a buffer, as far as an event shows them; absent when they cannot be read.
struct Text {
  std::optional<std::string> bytes;
  uint64_t whole = 0;  // of a buffer: how many bytes there are
};

// What a socket, a packet or an address is, as an event shows it; not all of it is there for each of them.
struct Endpoint {
  bool readable = true;  // else there is nothing at the address, and every filter fails
  uint16_t family = 0;
  uint16_t type = 0;
  uint16_t protocol = 0;
  uint16_t state = 0;
  uint32_t mark = 0;
  uint32_t priority = 0;
  uint32_t hash = 0;
  uint32_t length = 0;
  std::array<uint8_t, 16> source = {};  // the local address; of IPv4 the first 4 bytes
  std::array<uint8_t, 16> destination = {};
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint64_t cookie = 0;
};

// The address of a socket of the local machine.
struct UnixAddress {
  bool readable = true;
  uint16_t family = 1;
  bool is_abstract = false;
  std::string name;  // the path, or what follows the leading NUL
};

// What a pointer to a set of capabilities points to; absent when that cannot be read.
struct Capabilities {
  std::optional<uint64_t> set;
};

// An integer is what is in the register, 64 bits of it, whatever the function makes of them.
using Argument = std::variant<int64_t, File, Text, Endpoint, UnixAddress, Capabilities>;

// The arguments of one call of the hooked function, by parameter.
using Call = std::vector<Argument>;

// What is known of an image: its path, empty when it has none; and all that were before it, in this process or in
// those that it comes of.
struct Image {
  std::string path;
  std::vector<std::string> earlier;
};

// What was recorded of a process, to see changes. 0: never recorded.
struct Recorded {
  std::array<uint64_t, 10> namespaces{};
  std::array<uint64_t, 3> capabilities{};
};

// The process and thread that make the call.
struct Process {
  std::map<TaskNumber, uint64_t> numbers;  // those that filters look at
  std::vector<uint32_t> pids;              // its own and those of all it comes of
  std::vector<uint32_t> namespace_pids;    // likewise, each in its own namespace; 0 in the root one
  bool known = true;                       // else what follows is not
  Image image;
  std::optional<Image> parent;  // that of its parent when it began to run its own
  Recorded recorded;
  const Pod* pod = nullptr;  // that it is in; null: it is of the host
  Container container = {};  // of that pod
};

// What a section does with a call that one of its selectors matches.
struct Verdict {
  size_t selector = 0;   // the first that matches
  bool posted = true;    // an event is sent
  unsigned signals = 0;  // Sigkill and Signal: performed, or in monitor mode counted
  unsigned overrides = 0;
  unsigned sets = 0;
  unsigned notified = 0;  // NotifyEnforcer, likewise
  // What becomes of the notice that waits for the thread, in order: one with this error takes its place, or, where there is
  // none, it is dropped.
  std::vector<std::optional<int32_t>> notices;
  std::optional<int32_t> value;                             // of the last Override that has an effect
  CheckedAction::Kind action = CheckedAction::Kind::kPost;  // what the event names
  bool renews_namespaces = false;    // what is recorded of the process is now what it has
  bool renews_capabilities = false;  // likewise
};

// Is the process one of those that a policy, or a selector, is about?
[[nodiscard]] bool concerns(const std::optional<Scope>& scope, const Process& process);

// Absent when no selector matches. Every argument a filter looks at must be in `call`, of the filter's type.
[[nodiscard]] std::optional<Verdict> judge(const CheckedHook& hook, const Call& call,
                                           const Process& process = {});

// What waits for a thread: of each policy the error of one notice.
struct Notices {
  std::map<std::string, int32_t> waiting;
  // How many of a policy nobody took: because another came (`overwritten`), or because they were dropped.
  struct Missed {
    uint64_t overwritten = 0;
    uint64_t dropped = 0;
    bool operator==(const Missed&) const = default;
  };
  std::map<std::string, Missed> missed;
};
// After a call that a policy's section has judged so. One that only monitors leaves none.
void leave(Notices& notices, const std::string& policy, const Verdict& verdict, bool enforces);
// At an enforced call: what the function is to return for the policy; absent: nothing waits, or it may go on.
[[nodiscard]] std::optional<int32_t> take(Notices& notices, const std::string& policy);

// The number of an integer argument, extended to 64 bits by its sign.
[[nodiscard]] uint64_t extended(ArgType type, int64_t in_register);

// One filter by itself.
[[nodiscard]] bool passes(const IntFilter& filter, ArgType type, int64_t in_register);
[[nodiscard]] bool passes(const PathFilter& filter, const File& file);
[[nodiscard]] bool passes(const TextFilter& filter, const Text& text);
[[nodiscard]] bool passes(const FileTypeFilter& filter, const File& file);
[[nodiscard]] bool passes(const SocketFilter& filter, const Endpoint& endpoint);
[[nodiscard]] bool passes(const TaskFilter& filter, const Process& process);
[[nodiscard]] bool passes(const FactFilter& filter, const Process& process);
[[nodiscard]] bool passes(const ChangeFilter& filter, const Process& process);

// Does the clause hold for an image of the process?
[[nodiscard]] bool holds(const FactClause& clause, const Image& image, const Process& process);

}  // namespace tripline::oracle
