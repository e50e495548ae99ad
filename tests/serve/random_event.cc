// SPDX-License-Identifier: Apache-2.0
#include "serve/random_event.h"

#include <limits>
#include <string_view>

namespace tripline::test {
namespace {

// Characters that writers treat differently, each as UTF-8.
constexpr std::string_view kCharacters[] = {
    {"\0", 1}, "\x01",   "\t",     "\n",     "\r",     "\x1b",   "\x1f",       " ",         "\"",
    "\\",      "/",      "<",      ">",      "&",      "'",      "=",          "a",         "Z",
    "0",       "{",      "~",      "\x7f",   "\u0080", "\u00e9", "\u07ff",     "\u0800",    "\u2028",
    "\u2029",  "\ud7ff", "\ue000", "\ufeff", "\ufffd", "\uffff", "\U0001f680", "\U0010ffff"};

template <typename T>
void append(std::string& out, T&& more) {
  out.append(std::forward<T>(more));
}

}  // namespace

template <typename T>
T RandomEvents::number() {
  constexpr T kEnds[] = {std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), 1, T(-1), 127, 128};
  switch (below(4)) {
    case 0:
      return 0;
    case 1:
      return kEnds[below(std::size(kEnds))];
    case 2:
      return static_cast<T>(below(1000));
    default:
      return static_cast<T>(random_());
  }
}

std::string RandomEvents::text() {
  std::string text;
  const uint64_t length = below(8) == 0 ? 300 : below(12);
  if (coin() && length > 0) return std::string(length, 'p');
  for (uint64_t at = 0; at < length; at++) append(text, kCharacters[below(std::size(kCharacters))]);
  return text;
}

std::string RandomEvents::bytes() {
  std::string bytes(below(40), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random_());
  return bytes;
}

std::string RandomEvents::environment() {
  constexpr std::string_view kVariables[] = {
      "A=b",     "PATH=/bin:/usr/bin", "EMPTY=",    "=nameless", "no variable",
      "invalid", "invalid=really",     "TWICE=x=y", ""};
  std::string all;
  for (uint64_t count = coin() ? below(5) : 0; count > 0; count--)
    all.append(kVariables[below(std::size(kVariables))]).append(1, '\0');
  return all;
}

void RandomEvents::fill_one(Credentials& out) {
  fill(out.uid, out.gid, out.euid, out.egid, out.suid, out.sgid, out.fsuid, out.fsgid, out.securebits);
}

void RandomEvents::fill_one(Namespaces& out) {
#define TRIPLINE_FILL_NAMESPACE(name) fill(out.name);
  TRIPLINE_NAMESPACES(TRIPLINE_FILL_NAMESPACE)
#undef TRIPLINE_FILL_NAMESPACE
}

void RandomEvents::fill_one(BinaryProperties& out) {
  fill(out.setuid, out.setgid, out.raised_by_file_caps, out.raised_by_setuid, out.raised_by_setgid,
       out.inode);
}

void RandomEvents::fill_one(ProcessPod& out) {
  PodView pod;
  ContainerView& container = pod.container;
  fill(pod.name_space, pod.name, pod.uid, pod.labels, pod.workload, pod.workload_kind, pod.annotations,
       container.id, container.name, container.image_id, container.image, container.started_at,
       container.privileged);
  out.of = std::make_shared<const PodView>(std::move(pod));
  fill(out.pid, out.may_be_probe);
}

void RandomEvents::fill_one(Process& out) {
  fill(out.exec_id, out.pid, out.uid, out.auid, out.cwd, out.binary, out.arguments, out.flags, out.start_time,
       out.pod, out.docker, out.parent_exec_id, out.in_init_tree, out.cap, out.credentials, out.ns, out.user);
  out.environment = environment();
}

void RandomEvents::fill_one(Shown& out) {
  auto process = std::make_shared<Process>();
  fill(*process, out.tid, out.refcnt);
  out.process = std::move(process);
}

void RandomEvents::fill_one(SockArg& out) {
  fill(out.family, out.type, out.protocol, out.mark, out.priority, out.saddr, out.daddr, out.sport, out.dport,
       out.cookie, out.state);
}

void RandomEvents::fill_one(SkbArg& out) {
  fill(out.hash, out.len, out.priority, out.mark, out.saddr, out.daddr, out.sport, out.dport, out.proto,
       out.sec_path_len, out.sec_path_olen, out.protocol, out.family);
}

void RandomEvents::fill_one(ProcessKprobe& out) {
  fill(out.function, out.args, out.data, out.returned, out.action, out.return_action, out.kernel_stack,
       out.user_stack, out.policy, out.message, out.tags);
}

void RandomEvents::fill_one(ProcessTracepoint& out) {
  fill(out.subsys, out.event, out.args, out.action, out.policy, out.message, out.tags);
}

void RandomEvents::fill_one(ProcessLsm& out) {
  fill(out.function, out.args, out.action, out.ima_hash, out.policy, out.message, out.tags);
}

void RandomEvents::fill_one(ProcessUprobe& out) {
  fill(out.path, out.symbol, out.args, out.data, out.offset, out.ref_ctr_offset, out.action, out.policy,
       out.message, out.tags);
}

void RandomEvents::fill_one(ProcessUsdt& out) {
  fill(out.path, out.provider, out.name, out.args, out.action, out.flags, out.policy, out.message, out.tags);
}

void RandomEvents::fill_one(ProcessLoader& out) {
  fill(out.path);
  out.build_id = bytes();
}

void RandomEvents::fill_one(ProcessThrottle& out) {
  out.type = static_cast<ProcessThrottle::Type>(below(3));
  fill(out.cgroup);
}

void RandomEvents::fill_argument(size_t at, ArgumentValue& value) {
  [&]<size_t... alternative>(std::index_sequence<alternative...>) {
    ((alternative == at ? fill_alternative<alternative>(*this, value) : void()), ...);
  }(std::make_index_sequence<std::variant_size_v<ArgumentValue>>());
}

void RandomEvents::fill_kind(size_t at, Payload& payload) {
  [&]<size_t... alternative>(std::index_sequence<alternative...>) {
    ((alternative == at ? fill_payload<alternative>(*this, payload) : void()), ...);
  }(std::make_index_sequence<std::variant_size_v<Payload>>());
}

Argument RandomEvents::argument(size_t at) {
  Argument argument;
  fill_argument(at, argument.value);
  if (coin()) argument.label = text();
  return argument;
}

Event RandomEvents::event_of(size_t kind) {
  Event event;
  fill(event.time);
  fill_kind(kind, event.payload);
  if (!std::holds_alternative<ProcessThrottle>(event.payload)) {
    fill(event.process, event.parent, event.ancestors);
  }
  return event;
}

Event RandomEvents::event() { return event_of(next_++ % std::variant_size_v<Payload>); }

Event RandomEvents::event_with(size_t at) {
  constexpr size_t kKprobe = 2, kTracepoint = 3, kLsm = 4;
  Event event = event_of(kKprobe + below(3));
  const Argument arg = argument(at);
  static_assert(std::is_same_v<std::variant_alternative_t<kKprobe, Payload>, ProcessKprobe>);
  static_assert(std::is_same_v<std::variant_alternative_t<kTracepoint, Payload>, ProcessTracepoint>);
  static_assert(std::is_same_v<std::variant_alternative_t<kLsm, Payload>, ProcessLsm>);
  std::visit(
      [&]<typename T>(T& payload) {
        if constexpr (requires { payload.args; }) payload.args.push_back(arg);
      },
      event.payload);
  return event;
}

}  // namespace tripline::test
