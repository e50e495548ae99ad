// SPDX-License-Identifier: Apache-2.0
// Fields that an Event does not have are silently dropped while reading. A check at the end shows whether any were: the
// event is converted to a message again, and the bytes are compared. So no loss goes unnoticed.
#include "serve/from_message.h"

#include <charconv>
#include <string>

#include "event/text.h"
#include "serve/encode.h"
#include "serve/fields.h"
#include "serve/stable_bytes.h"
#include "serve/time_message.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

// What fields.h lists, from the message `from` into our member.
#define TRIPLINE_READ(Field, accessor, member) read(from.accessor(), to.member);
#define TRIPLINE_READ_WRAPPED(Field, accessor, member) \
  if (from.has_##accessor()) to.member = from.accessor().value();
#define TRIPLINE_READ_TIME(Field, accessor, member) to.member = read_time(from.accessor());
#define TRIPLINE_READ_OPTIONAL(Field, accessor, member) \
  if (from.has_##accessor()) read(from.accessor(), to.member.emplace());
#define TRIPLINE_READ_ANCESTORS(Field)  // with the other processes

template <std::integral T>
void read(T from, T& to) {
  to = from;
}
void read(const std::string& from, std::string& to) { to = from; }
void read(const std::string& from, SharedText& to) { to = from; }

// A number that is no action of ours becomes kUnknown.
void read(tetragon::KprobeAction from, Action& to) {
  to = from >= 0 && from <= static_cast<int>(Action::kSet) ? static_cast<Action>(from) : Action::kUnknown;
}

void read(const google::protobuf::RepeatedPtrField<std::string>& from, std::vector<std::string>& to) {
  to.assign(from.begin(), from.end());
}

void read_bits(const google::protobuf::RepeatedField<int>& from, uint64_t& to) {
  for (const int bit : from)
    if (bit >= 0 && bit < 64) to |= uint64_t{1} << bit;
}

void read(const tetragon::Capabilities& from, Capabilities& to) {
#define TRIPLINE_READ_CAPABILITIES(Field, accessor, member) read_bits(from.accessor(), to.member);
  TRIPLINE_CAPABILITY_FIELDS(TRIPLINE_READ_CAPABILITIES)
#undef TRIPLINE_READ_CAPABILITIES
}

void read(const tetragon::ProcessCredentials& from, Credentials& to) {
  TRIPLINE_ID_FIELDS(TRIPLINE_READ_WRAPPED)
  for (const int bit : from.securebits()) to.securebits |= static_cast<uint32_t>(bit);
}

void read(const tetragon::Namespace& from, NamespaceId& to) { to = {from.inum(), from.is_host()}; }
void read(const tetragon::Namespaces& from, Namespaces& to) { TRIPLINE_NAMESPACE_FIELDS(TRIPLINE_READ) }
void read(const tetragon::UserNamespace& from, UserNamespace& to) {
  TRIPLINE_USER_NAMESPACE_FIELDS(TRIPLINE_READ_WRAPPED)
  read(from.ns(), to.ns);
}

void read(const tetragon::BinaryProperties& from, BinaryProperties& to) {
  TRIPLINE_READ_WRAPPED(Setuid, setuid, setuid)
  TRIPLINE_READ_WRAPPED(Setgid, setgid, setgid)
  for (const int change : from.privileges_changed()) {
    if (change == tetragon::PRIVILEGES_RAISED_EXEC_FILE_CAP) to.raised_by_file_caps = true;
    if (change == tetragon::PRIVILEGES_RAISED_EXEC_FILE_SETUID) to.raised_by_setuid = true;
    if (change == tetragon::PRIVILEGES_RAISED_EXEC_FILE_SETGID) to.raised_by_setgid = true;
  }
  if (from.file().has_inode()) to.inode = {from.file().inode().number(), from.file().inode().links().value()};
}

void read(const google::protobuf::Map<std::string, std::string>& from, Labels& to) {
  to = {from.begin(), from.end()};
}

void read(const tetragon::Container& from, ContainerView& to) {
  to = {.id = from.id(),
        .name = from.name(),
        .image_id = from.image().id(),
        .image = from.image().name(),
        .started_at = {},
        .privileged = from.security_context().privileged()};
  if (from.has_start_time()) to.started_at = read_time(from.start_time());
}

void read(const tetragon::Pod& from, PodView& to) { TRIPLINE_POD_FIELDS(TRIPLINE_READ, TRIPLINE_READ) }

void read(const tetragon::Pod& from, ProcessPod& to) {
  PodView pod;
  read(from, pod);
  to.of = std::make_shared<const PodView>(std::move(pod));
  to.pid = from.container().pid().value();
  to.may_be_probe = from.container().maybe_exec_probe();
}

std::string environment_of(const tetragon::Process& from) {
  std::string environment;
  for (const tetragon::EnvVar& variable : from.environment_variables()) {
    if (variable.key() != kNoVariable) environment.append(variable.key()).append("=");
    environment.append(variable.value()).append(1, '\0');
  }
  return environment;
}

void read(const tetragon::Process& from, Process& to) {
  TRIPLINE_HEAD_FIELDS(TRIPLINE_READ, TRIPLINE_READ_WRAPPED, TRIPLINE_READ_TIME, TRIPLINE_READ_OPTIONAL)
  TRIPLINE_RIGHTS_FIELDS(TRIPLINE_READ_OPTIONAL)
  TRIPLINE_CREDENTIALS_FIELDS(TRIPLINE_READ_OPTIONAL)
  TRIPLINE_TAIL_FIELDS(TRIPLINE_READ_WRAPPED)
  if (from.has_user()) to.user = from.user().name();
  to.environment = environment_of(from);
}

void read(const tetragon::Process& from, Shown& to) {
  auto process = std::make_shared<Process>();
  read(from, *process);
  to.process = std::move(process);
  TRIPLINE_READ(Refcnt, refcnt, refcnt)
  TRIPLINE_READ_WRAPPED(Tid, tid, tid)
}

#define TRIPLINE_READ_LISTED(Field, accessor, Arg, ArgMessage, FIELDS) \
  void read(const tetragon::ArgMessage& from, Arg& to) { FIELDS(TRIPLINE_READ) }
TRIPLINE_LISTED_ARGUMENTS(TRIPLINE_READ_LISTED)
#undef TRIPLINE_READ_LISTED

void read(const tetragon::ProcessCredentials& from, ProcessCredentialsArg& to) {
  read(from, to.credentials);
  read(from.caps(), to.caps);
  read(from.user_ns(), to.user_ns);
}

void read(const tetragon::UserNamespace& from, UserNsArg& to) { read(from, to.value); }
void read(const tetragon::KprobeCapability& from, CapabilityArg& to) { to.value = from.value().value(); }
void read(const tetragon::KernelModule& from, ModuleArg& to) {
  TRIPLINE_READ(Name, name, name)
  TRIPLINE_READ_WRAPPED(SignatureOk, signature_ok, signature_ok)
  for (const int taint : from.tainted()) to.taints |= static_cast<uint32_t>(taint);
}

CapabilitySetArg read_set(CapabilitySet kind, const std::string& digits) {
  CapabilitySetArg arg{.kind = kind};
  std::from_chars(digits.data(), digits.data() + digits.size(), arg.set, 16);
  return arg;
}

// An argument that is none of ours becomes an empty error.
void read(const tetragon::KprobeArgument& from, ArgumentValue& to) {
  using Message = tetragon::KprobeArgument;
  switch (from.arg_case()) {
#define TRIPLINE_CASE_LISTED(Field, accessor, Arg, ArgMessage, FIELDS) \
  case Message::k##Field:                                              \
    return read(from.accessor(), to.emplace<Arg>());
    TRIPLINE_LISTED_ARGUMENTS(TRIPLINE_CASE_LISTED)
#undef TRIPLINE_CASE_LISTED
#define TRIPLINE_CASE_SCALAR(Field, accessor, Arg) \
  case Message::k##Field:                          \
    to = Arg{from.accessor()};                     \
    return;
    TRIPLINE_SCALAR_ARGUMENTS(TRIPLINE_CASE_SCALAR)
#undef TRIPLINE_CASE_SCALAR
#define TRIPLINE_CASE_SET(Field, accessor, kind)         \
  case Message::k##Field:                                \
    to = read_set(CapabilitySet::kind, from.accessor()); \
    return;
    TRIPLINE_CAPABILITY_SET_ARGUMENTS(TRIPLINE_CASE_SET)
#undef TRIPLINE_CASE_SET
    case Message::kUserNsArg:
      return read(from.user_ns_arg(), to.emplace<UserNsArg>());
    case Message::kProcessCredentialsArg:
      return read(from.process_credentials_arg(), to.emplace<ProcessCredentialsArg>());
    case Message::kCapabilityArg:
      return read(from.capability_arg(), to.emplace<CapabilityArg>());
    case Message::kModuleArg:
      return read(from.module_arg(), to.emplace<ModuleArg>());
    case Message::kBpfCmdArg:
      to = BpfCmdArg{from.bpf_cmd_arg()};
      return;
    default:
      to = ErrorArg{};
  }
}

void read(const tetragon::KprobeArgument& from, Argument& to) {
  read(from, to.value);
  to.label = from.label();
}

void read(const tetragon::StackTraceEntry& from, StackFrame& to) {
  TRIPLINE_STACK_FRAME_FIELDS(TRIPLINE_READ)
}

template <typename Message, typename Ours>
void read(const google::protobuf::RepeatedPtrField<Message>& from, std::vector<Ours>& to) {
  to.reserve(static_cast<size_t>(from.size()));
  for (const Message& element : from) read(element, to.emplace_back());
}

void read(const tetragon::ProcessExec& from, ProcessExec& to) {
  if (from.process().has_binary_properties())
    read(from.process().binary_properties(), to.binary_properties.emplace());
}

void read(const tetragon::ProcessExit& from, ProcessExit& to) { TRIPLINE_EXIT_FIELDS(TRIPLINE_READ) }

void read(const tetragon::ProcessKprobe& from, ProcessKprobe& to) {
  TRIPLINE_KPROBE_FIELDS(TRIPLINE_READ, TRIPLINE_READ_OPTIONAL, TRIPLINE_READ_ANCESTORS)
}

void read(const tetragon::ProcessTracepoint& from, ProcessTracepoint& to) {
  TRIPLINE_TRACEPOINT_FIELDS(TRIPLINE_READ, TRIPLINE_READ_ANCESTORS)
}

void read(const tetragon::ProcessLsm& from, ProcessLsm& to) {
  TRIPLINE_LSM_FIELDS(TRIPLINE_READ, TRIPLINE_READ_ANCESTORS)
}

void read(const tetragon::ProcessUprobe& from, ProcessUprobe& to) {
  TRIPLINE_UPROBE_FIELDS(TRIPLINE_READ, TRIPLINE_READ_ANCESTORS)
}

void read(const tetragon::ProcessUsdt& from, ProcessUsdt& to) {
  TRIPLINE_USDT_FIELDS(TRIPLINE_READ, TRIPLINE_READ_ANCESTORS)
}

void read(const tetragon::ProcessLoader& from, ProcessLoader& to) { TRIPLINE_LOADER_FIELDS(TRIPLINE_READ) }

template <typename Ours, typename Message>
void read_event(const Message& from, Event& to) {
  if (from.has_process()) read(from.process(), to.process);
  if (from.has_parent()) read(from.parent(), to.parent.emplace());
  read(from.ancestors(), to.ancestors);
  read(from, to.payload.emplace<Ours>());
}

void read_throttle(const tetragon::ProcessThrottle& from, Event& to) {
  ProcessThrottle throttle{.cgroup = from.cgroup()};
  if (from.type() == tetragon::THROTTLE_START) throttle.type = ProcessThrottle::Type::kStart;
  if (from.type() == tetragon::THROTTLE_STOP) throttle.type = ProcessThrottle::Type::kStop;
  to.payload = std::move(throttle);
}

// Whether the message holds an event that Event can be.
bool read_any(const tetragon::GetEventsResponse& from, Event& to) {
  using Message = tetragon::GetEventsResponse;
  switch (from.event_case()) {
    case Message::kProcessExec:
      read_event<ProcessExec>(from.process_exec(), to);
      return true;
    case Message::kProcessExit:
      read_event<ProcessExit>(from.process_exit(), to);
      return true;
    case Message::kProcessKprobe:
      read_event<ProcessKprobe>(from.process_kprobe(), to);
      return true;
    case Message::kProcessTracepoint:
      read_event<ProcessTracepoint>(from.process_tracepoint(), to);
      return true;
    case Message::kProcessLsm:
      read_event<ProcessLsm>(from.process_lsm(), to);
      return true;
    case Message::kProcessUprobe:
      read_event<ProcessUprobe>(from.process_uprobe(), to);
      return true;
    case Message::kProcessUsdt:
      read_event<ProcessUsdt>(from.process_usdt(), to);
      return true;
    case Message::kProcessLoader:
      read_event<ProcessLoader>(from.process_loader(), to);
      return true;
    case Message::kProcessThrottle:
      read_throttle(from.process_throttle(), to);
      return true;
    default:
      return false;
  }
}

}  // namespace

Received from_message(const tetragon::GetEventsResponse& message) {
  Received received{.node = {message.node_name(), message.cluster_name()}};
  Event event{.time = read_time(message.time())};
  if (!read_any(message, event)) return received;
  received.whole = EventEncoder(received.node).encode(event) == stable_bytes(message);
  received.event = std::move(event);
  return received;
}

}  // namespace tripline
