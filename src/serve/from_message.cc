// SPDX-License-Identifier: Apache-2.0
// What an Event cannot say is left out in silence while it is read. Whether anything was is seen at the end: the event
// is made a message again, and the two are compared. That takes twice the time, and nothing can be forgotten.
#include "serve/from_message.h"

#include <google/protobuf/util/message_differencer.h>

#include <charconv>
#include <string>

#include "event/text.h"
#include "serve/fields.h"
#include "serve/message.h"
#include "serve/time_message.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

// What fields.h lists, from the message `from`.
#define TRIPLINE_GET(field, member) to.member = from.field();

// Absent when `from` has no wrapper of the name.
#define TRIPLINE_GET_WRAPPED(field, member) \
  if (from.has_##field()) to.member = from.field().value();

uint64_t set_of(const google::protobuf::RepeatedField<int>& bits) {
  uint64_t set = 0;
  for (const int bit : bits)
    if (bit >= 0 && bit < 64) set |= uint64_t{1} << bit;
  return set;
}

Capabilities read(const tetragon::Capabilities& from) {
  return {set_of(from.permitted()), set_of(from.effective()), set_of(from.inheritable())};
}

Credentials read(const tetragon::ProcessCredentials& from) {
  Credentials to;
#define TRIPLINE_GET_ID(id) to.id = from.id().value();
  TRIPLINE_CREDENTIAL_FIELDS(TRIPLINE_GET_ID)
#undef TRIPLINE_GET_ID
  for (const int bit : from.securebits()) to.securebits |= static_cast<uint32_t>(bit);
  return to;
}

NamespaceId read(const tetragon::Namespace& from) { return {from.inum(), from.is_host()}; }

Namespaces read(const tetragon::Namespaces& from) {
  Namespaces to;
#define TRIPLINE_GET_NAMESPACE(name) to.name = read(from.name());
  TRIPLINE_NAMESPACES(TRIPLINE_GET_NAMESPACE)
#undef TRIPLINE_GET_NAMESPACE
  return to;
}

UserNamespace read(const tetragon::UserNamespace& from) {
  return {from.level().value(), from.uid().value(), from.gid().value(), read(from.ns())};
}

BinaryProperties read(const tetragon::BinaryProperties& from) {
  BinaryProperties to;
  TRIPLINE_GET_WRAPPED(setuid, setuid)
  TRIPLINE_GET_WRAPPED(setgid, setgid)
  for (const int change : from.privileges_changed()) {
    if (change == tetragon::PRIVILEGES_RAISED_EXEC_FILE_CAP) to.raised_by_file_caps = true;
    if (change == tetragon::PRIVILEGES_RAISED_EXEC_FILE_SETUID) to.raised_by_setuid = true;
    if (change == tetragon::PRIVILEGES_RAISED_EXEC_FILE_SETGID) to.raised_by_setgid = true;
  }
  if (from.file().has_inode()) to.inode = {from.file().inode().number(), from.file().inode().links().value()};
  return to;
}

std::string environment_of(const tetragon::Process& from) {
  std::string environment;
  for (const tetragon::EnvVar& variable : from.environment_variables()) {
    if (variable.key() != kNoVariable) environment.append(variable.key()).append("=");
    environment.append(variable.value()).append(1, '\0');
  }
  return environment;
}

Process read(const tetragon::Process& from) {
  Process to;
  TRIPLINE_IMAGE_FIELDS(TRIPLINE_GET)
  TRIPLINE_GET_WRAPPED(pid, pid)
  TRIPLINE_GET_WRAPPED(uid, uid)
  TRIPLINE_GET_WRAPPED(auid, auid)
  TRIPLINE_GET_WRAPPED(in_init_tree, in_init_tree)
  to.start_time = read_time(from.start_time());
  if (from.has_cap()) to.cap = read(from.cap());
  if (from.has_ns()) to.ns = read(from.ns());
  if (from.has_process_credentials()) to.credentials = read(from.process_credentials());
  if (from.has_user()) to.user = from.user().name();
  to.environment = environment_of(from);
  return to;
}

Shown read_shown(const tetragon::Process& from) {
  Shown to{.process = std::make_shared<const Process>(read(from)), .refcnt = from.refcnt()};
  TRIPLINE_GET_WRAPPED(tid, tid)
  return to;
}

ProcessCredentialsArg read_argument(const tetragon::ProcessCredentials& from) {
  return {read(from), read(from.caps()), read(from.user_ns())};
}

CapabilitySetArg read_set(CapabilitySet kind, const std::string& digits) {
  CapabilitySetArg arg{.kind = kind};
  std::from_chars(digits.data(), digits.data() + digits.size(), arg.set, 16);
  return arg;
}

ModuleArg read(const tetragon::KernelModule& from) {
  ModuleArg to{.name = from.name()};
  TRIPLINE_GET_WRAPPED(signature_ok, signature_ok)
  for (const int taint : from.tainted()) to.taints |= static_cast<uint32_t>(taint);
  return to;
}

#define TRIPLINE_READ_LISTED(field, Arg, FIELDS)               \
  Arg read_##field(const tetragon::KprobeArgument& argument) { \
    const auto& from = argument.field();                       \
    Arg to;                                                    \
    FIELDS(TRIPLINE_GET)                                       \
    return to;                                                 \
  }
TRIPLINE_LISTED_ARGUMENTS(TRIPLINE_READ_LISTED)
#undef TRIPLINE_READ_LISTED

// Where the argument is none of ours, an empty error.
ArgumentValue read_value(const tetragon::KprobeArgument& from) {
  using Message = tetragon::KprobeArgument;
#define TRIPLINE_HAS(field) if (const Message& argument = from; argument.has_##field())
#define TRIPLINE_CASE_LISTED(field, Arg, FIELDS) TRIPLINE_HAS(field) return read_##field(from);
  TRIPLINE_LISTED_ARGUMENTS(TRIPLINE_CASE_LISTED)
#undef TRIPLINE_CASE_LISTED
#define TRIPLINE_CASE_SCALAR(field, Arg) TRIPLINE_HAS(field) return Arg{from.field()};
  TRIPLINE_SCALAR_ARGUMENTS(TRIPLINE_CASE_SCALAR)
#undef TRIPLINE_CASE_SCALAR
#define TRIPLINE_CASE_SET(field, kind) TRIPLINE_HAS(field) return read_set(CapabilitySet::kind, from.field());
  TRIPLINE_CAPABILITY_SET_ARGUMENTS(TRIPLINE_CASE_SET)
#undef TRIPLINE_CASE_SET
  TRIPLINE_HAS(user_ns_arg) return UserNsArg{read(from.user_ns_arg())};
  TRIPLINE_HAS(process_credentials_arg) return read_argument(from.process_credentials_arg());
  TRIPLINE_HAS(capability_arg) return CapabilityArg{from.capability_arg().value().value()};
  TRIPLINE_HAS(bpf_cmd_arg) return BpfCmdArg{from.bpf_cmd_arg()};
  TRIPLINE_HAS(module_arg) return read(from.module_arg());
#undef TRIPLINE_HAS
  return ErrorArg{};
}

Argument read(const tetragon::KprobeArgument& from) { return {read_value(from), from.label()}; }

std::vector<Argument> read(const google::protobuf::RepeatedPtrField<tetragon::KprobeArgument>& from) {
  std::vector<Argument> to;
  to.reserve(static_cast<size_t>(from.size()));
  for (const tetragon::KprobeArgument& argument : from) to.push_back(read(argument));
  return to;
}

std::vector<StackFrame> read(const google::protobuf::RepeatedPtrField<tetragon::StackTraceEntry>& frames) {
  std::vector<StackFrame> stack;
  for (const tetragon::StackTraceEntry& from : frames) {
    StackFrame& to = stack.emplace_back();
    TRIPLINE_STACK_FRAME_FIELDS(TRIPLINE_GET)
  }
  return stack;
}

// A number that is no action of ours becomes kUnknown.
Action read_action(int number) {
  return number >= 0 && number <= static_cast<int>(Action::kSet) ? static_cast<Action>(number)
                                                                 : Action::kUnknown;
}

template <typename Message, typename Ours>
void read_hook(const Message& from, Ours& to) {
  to.args = read(from.args());
  to.action = read_action(from.action());
  to.tags.assign(from.tags().begin(), from.tags().end());
}

ProcessExec read(const tetragon::ProcessExec& from) {
  ProcessExec to;
  if (from.process().has_binary_properties()) to.binary_properties = read(from.process().binary_properties());
  return to;
}

ProcessExit read(const tetragon::ProcessExit& from) {
  ProcessExit to;
  TRIPLINE_EXIT_FIELDS(TRIPLINE_GET)
  return to;
}

ProcessKprobe read(const tetragon::ProcessKprobe& from) {
  ProcessKprobe to;
  TRIPLINE_KPROBE_FIELDS(TRIPLINE_GET)
  read_hook(from, to);
  if (from.has_return_()) to.returned = read(from.return_());
  to.return_action = read_action(from.return_action());
  to.kernel_stack = read(from.kernel_stack_trace());
  to.user_stack = read(from.user_stack_trace());
  to.data = read(from.data());
  return to;
}

ProcessTracepoint read(const tetragon::ProcessTracepoint& from) {
  ProcessTracepoint to;
  TRIPLINE_TRACEPOINT_FIELDS(TRIPLINE_GET)
  read_hook(from, to);
  return to;
}

ProcessLsm read(const tetragon::ProcessLsm& from) {
  ProcessLsm to;
  TRIPLINE_LSM_FIELDS(TRIPLINE_GET)
  read_hook(from, to);
  return to;
}

template <typename Message>
void read_event(const Message& from, Event& to) {
  if (from.has_process()) to.process = read_shown(from.process());
  if (from.has_parent()) to.parent = read_shown(from.parent());
  for (const tetragon::Process& ancestor : from.ancestors()) to.ancestors.push_back(read_shown(ancestor));
  to.payload = read(from);
}

void read_event(const tetragon::ProcessThrottle& from, Event& to) {
  ProcessThrottle throttle{.cgroup = from.cgroup()};
  if (from.type() == tetragon::THROTTLE_START) throttle.type = ProcessThrottle::Type::kStart;
  if (from.type() == tetragon::THROTTLE_STOP) throttle.type = ProcessThrottle::Type::kStop;
  to.payload = std::move(throttle);
}

// Whether the message held an event that Event can be.
bool read_any(const tetragon::GetEventsResponse& from, Event& to) {
  switch (from.event_case()) {
    case tetragon::GetEventsResponse::kProcessExec:
      read_event(from.process_exec(), to);
      return true;
    case tetragon::GetEventsResponse::kProcessExit:
      read_event(from.process_exit(), to);
      return true;
    case tetragon::GetEventsResponse::kProcessKprobe:
      read_event(from.process_kprobe(), to);
      return true;
    case tetragon::GetEventsResponse::kProcessTracepoint:
      read_event(from.process_tracepoint(), to);
      return true;
    case tetragon::GetEventsResponse::kProcessLsm:
      read_event(from.process_lsm(), to);
      return true;
    case tetragon::GetEventsResponse::kProcessThrottle:
      read_event(from.process_throttle(), to);
      return true;
    default:
      return false;
  }
}

bool says_the_same(const tetragon::GetEventsResponse& message, const Event& event, const Node& node) {
  tetragon::GetEventsResponse again;
  to_message(event, node, again);
  return message.ByteSizeLong() == again.ByteSizeLong() &&
         google::protobuf::util::MessageDifferencer::Equals(message, again);
}

}  // namespace

Received from_message(const tetragon::GetEventsResponse& message) {
  Received received{.node = {message.node_name(), message.cluster_name()}};
  Event event{.time = read_time(message.time())};
  if (!read_any(message, event)) return received;
  received.whole = says_the_same(message, event, received.node);
  received.event = std::move(event);
  return received;
}

}  // namespace tripline
