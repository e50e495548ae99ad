// SPDX-License-Identifier: Apache-2.0
#include "serve/message.h"

#include <algorithm>
#include <bit>
#include <string>
#include <string_view>

#include "event/text.h"
#include "render/api_names.h"
#include "serve/fields.h"
#include "serve/time_message.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

template <typename T>
T copy(T value) {
  return value;
}
std::string copy(const SharedText& text) { return std::string(std::string_view(text)); }

// What fields.h lists of `from`, into `to`.
#define TRIPLINE_SET(field, member) to.set_##field(copy(from.member));

// The numbers of the bits in `set`.
template <typename Visit>
void each_bit(uint64_t set, Visit visit) {
  for (; set != 0; set &= set - 1) visit(std::countr_zero(set));
}

void write(const Capabilities& from, tetragon::Capabilities& to) {
#define TRIPLINE_SET_CAPABILITIES(set) \
  each_bit(from.set, [&](int bit) { to.add_##set(static_cast<tetragon::CapabilitiesType>(bit)); });
  TRIPLINE_CAPABILITY_SETS(TRIPLINE_SET_CAPABILITIES)
#undef TRIPLINE_SET_CAPABILITIES
}

void write(const Credentials& from, tetragon::ProcessCredentials& to) {
#define TRIPLINE_SET_ID(id) to.mutable_##id()->set_value(from.id);
  TRIPLINE_CREDENTIAL_FIELDS(TRIPLINE_SET_ID)
#undef TRIPLINE_SET_ID
  each_bit(from.securebits, [&](int bit) {
    to.add_securebits(static_cast<tetragon::SecureBitsType>(static_cast<int32_t>(uint32_t{1} << bit)));
  });
}

void write(const NamespaceId& from, tetragon::Namespace& to) {
  to.set_inum(from.inum);
  to.set_is_host(from.is_host);
}

void write(const Namespaces& from, tetragon::Namespaces& to) {
#define TRIPLINE_SET_NAMESPACE(name) \
  if (from.name.inum != 0) write(from.name, *to.mutable_##name());
  TRIPLINE_NAMESPACES(TRIPLINE_SET_NAMESPACE)
#undef TRIPLINE_SET_NAMESPACE
}

void write(const UserNamespace& from, tetragon::UserNamespace& to) {
  to.mutable_level()->set_value(from.level);
  to.mutable_uid()->set_value(from.uid);
  to.mutable_gid()->set_value(from.gid);
  write(from.ns, *to.mutable_ns());
}

void write(const BinaryProperties& from, tetragon::BinaryProperties& to) {
  if (from.setuid) to.mutable_setuid()->set_value(*from.setuid);
  if (from.setgid) to.mutable_setgid()->set_value(*from.setgid);
  if (from.raised_by_file_caps) to.add_privileges_changed(tetragon::PRIVILEGES_RAISED_EXEC_FILE_CAP);
  if (from.raised_by_setuid) to.add_privileges_changed(tetragon::PRIVILEGES_RAISED_EXEC_FILE_SETUID);
  if (from.raised_by_setgid) to.add_privileges_changed(tetragon::PRIVILEGES_RAISED_EXEC_FILE_SETGID);
  if (from.inode) {
    tetragon::InodeProperties& inode = *to.mutable_file()->mutable_inode();
    inode.set_number(from.inode->number);
    inode.mutable_links()->set_value(from.inode->links);
  }
}

void write_environment(std::string_view environment, tetragon::Process& to) {
  while (!environment.empty()) {
    const std::string_view variable = environment.substr(0, environment.find('\0'));
    environment.remove_prefix(std::min(variable.size() + 1, environment.size()));
    const size_t equals = variable.find('=');
    tetragon::EnvVar& out = *to.add_environment_variables();
    out.set_key(std::string(equals == variable.npos ? kNoVariable : variable.substr(0, equals)));
    out.set_value(std::string(equals == variable.npos ? variable : variable.substr(equals + 1)));
  }
}

void write(const Process& from, tetragon::Process& to) {
  TRIPLINE_IMAGE_FIELDS(TRIPLINE_SET)
  to.mutable_pid()->set_value(from.pid);
  if (from.uid) to.mutable_uid()->set_value(*from.uid);
  write_time(from.start_time, *to.mutable_start_time());
  if (from.auid) to.mutable_auid()->set_value(*from.auid);
  if (from.cap) write(*from.cap, *to.mutable_cap());
  if (from.ns) write(*from.ns, *to.mutable_ns());
  if (from.credentials) write(*from.credentials, *to.mutable_process_credentials());
  if (from.user) to.mutable_user()->set_name(*from.user);
  if (from.in_init_tree) to.mutable_in_init_tree()->set_value(*from.in_init_tree);
  write_environment(from.environment, to);
}

#define TRIPLINE_WRITE_LISTED(field, Arg, FIELDS)                   \
  void write(const Arg& from, tetragon::KprobeArgument& argument) { \
    auto& to = *argument.mutable_##field();                         \
    FIELDS(TRIPLINE_SET)                                            \
  }
TRIPLINE_LISTED_ARGUMENTS(TRIPLINE_WRITE_LISTED)
#undef TRIPLINE_WRITE_LISTED

#define TRIPLINE_WRITE_SCALAR(field, Arg) \
  void write(const Arg& from, tetragon::KprobeArgument& argument) { argument.set_##field(from.value); }
TRIPLINE_SCALAR_ARGUMENTS(TRIPLINE_WRITE_SCALAR)
#undef TRIPLINE_WRITE_SCALAR

void write(const UserNsArg& from, tetragon::KprobeArgument& argument) {
  write(from.value, *argument.mutable_user_ns_arg());
}

void write(const ProcessCredentialsArg& from, tetragon::KprobeArgument& argument) {
  tetragon::ProcessCredentials& to = *argument.mutable_process_credentials_arg();
  write(from.credentials, to);
  write(from.caps, *to.mutable_caps());
  write(from.user_ns, *to.mutable_user_ns());
}

void write(const CapabilityArg& from, tetragon::KprobeArgument& argument) {
  tetragon::KprobeCapability& to = *argument.mutable_capability_arg();
  to.mutable_value()->set_value(from.value);
  to.set_name(std::string(capability_name(static_cast<uint32_t>(from.value))));
}

void write(const CapabilitySetArg& from, tetragon::KprobeArgument& argument) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(from.set >> shift);
  switch (from.kind) {
#define TRIPLINE_WRITE_SET(field, kind) \
  case CapabilitySet::kind:             \
    return argument.set_##field(hex_text(bytes));
    TRIPLINE_CAPABILITY_SET_ARGUMENTS(TRIPLINE_WRITE_SET)
#undef TRIPLINE_WRITE_SET
  }
}

void write(const BpfCmdArg& from, tetragon::KprobeArgument& argument) {
  argument.set_bpf_cmd_arg(static_cast<tetragon::BpfCmd>(from.value));
}

void write(const ModuleArg& from, tetragon::KprobeArgument& argument) {
  tetragon::KernelModule& to = *argument.mutable_module_arg();
  to.set_name(from.name);
  if (from.signature_ok) to.mutable_signature_ok()->set_value(*from.signature_ok);
  each_bit(from.taints, [&](int bit) {
    if (!taint_name(static_cast<uint32_t>(bit)).empty())
      to.add_tainted(static_cast<tetragon::TaintedBitsType>(1 << bit));
  });
}

void write(const Argument& from, tetragon::KprobeArgument& to) {
  std::visit([&](const auto& value) { write(value, to); }, from.value);
  to.set_label(from.label);
}

tetragon::KprobeAction number_of(Action action) { return static_cast<tetragon::KprobeAction>(action); }

void write(const StackFrame& from, tetragon::StackTraceEntry& to) {
  TRIPLINE_STACK_FRAME_FIELDS(TRIPLINE_SET)
}

// What all events have that come from a hook of a policy.
template <typename Ours, typename Message>
void write_hook(const Ours& from, Message& to) {
  for (const Argument& arg : from.args) write(arg, *to.add_args());
  to.set_action(number_of(from.action));
  for (const std::string& tag : from.tags) to.add_tags(tag);
}

void write(const Event& /*event*/, const ProcessExec& from, tetragon::ProcessExec& to) {
  if (from.binary_properties)
    write(*from.binary_properties, *to.mutable_process()->mutable_binary_properties());
}

void write(const Event& event, const ProcessExit& from, tetragon::ProcessExit& to) {
  TRIPLINE_EXIT_FIELDS(TRIPLINE_SET)
  write_time(event.time, *to.mutable_time());
}

void write(const Event& /*event*/, const ProcessKprobe& from, tetragon::ProcessKprobe& to) {
  TRIPLINE_KPROBE_FIELDS(TRIPLINE_SET)
  write_hook(from, to);
  if (from.returned) write(*from.returned, *to.mutable_return_());
  to.set_return_action(number_of(from.return_action));
  for (const StackFrame& frame : from.kernel_stack) write(frame, *to.add_kernel_stack_trace());
  for (const StackFrame& frame : from.user_stack) write(frame, *to.add_user_stack_trace());
  for (const Argument& arg : from.data) write(arg, *to.add_data());
}

void write(const Event& /*event*/, const ProcessTracepoint& from, tetragon::ProcessTracepoint& to) {
  TRIPLINE_TRACEPOINT_FIELDS(TRIPLINE_SET)
  write_hook(from, to);
}

void write(const Event& /*event*/, const ProcessLsm& from, tetragon::ProcessLsm& to) {
  TRIPLINE_LSM_FIELDS(TRIPLINE_SET)
  write_hook(from, to);
}

// The member of the oneof.
tetragon::ProcessExec& payload_of(const ProcessExec& /*exec*/, tetragon::GetEventsResponse& out) {
  return *out.mutable_process_exec();
}
tetragon::ProcessExit& payload_of(const ProcessExit& /*exit*/, tetragon::GetEventsResponse& out) {
  return *out.mutable_process_exit();
}
tetragon::ProcessKprobe& payload_of(const ProcessKprobe& /*kprobe*/, tetragon::GetEventsResponse& out) {
  return *out.mutable_process_kprobe();
}
tetragon::ProcessTracepoint& payload_of(const ProcessTracepoint& /*event*/,
                                        tetragon::GetEventsResponse& out) {
  return *out.mutable_process_tracepoint();
}
tetragon::ProcessLsm& payload_of(const ProcessLsm& /*lsm*/, tetragon::GetEventsResponse& out) {
  return *out.mutable_process_lsm();
}

template <typename Ours>
void write_event(const Event& event, const Ours& from, tetragon::GetEventsResponse& out) {
  auto& to = payload_of(from, out);
  if (event.process.process) to_message(event.process, *to.mutable_process());
  if (event.parent) to_message(*event.parent, *to.mutable_parent());
  for (const Shown& ancestor : event.ancestors) to_message(ancestor, *to.add_ancestors());
  write(event, from, to);
}

void write_event(const Event& /*event*/, const ProcessThrottle& from, tetragon::GetEventsResponse& out) {
  tetragon::ProcessThrottle& to = *out.mutable_process_throttle();
  to.set_type(static_cast<tetragon::ThrottleType>(from.type));
  to.set_cgroup(from.cgroup);
}

}  // namespace

void to_message(const Shown& shown, tetragon::Process& out) {
  write(*shown.process, out);
  out.set_refcnt(shown.refcnt);
  if (shown.tid) out.mutable_tid()->set_value(*shown.tid);
}

void to_message(const Event& event, const Node& node, tetragon::GetEventsResponse& out) {
  std::visit([&](const auto& payload) { write_event(event, payload, out); }, event.payload);
  out.set_node_name(node.name);
  write_time(event.time, *out.mutable_time());
  out.set_cluster_name(node.cluster);
}

}  // namespace tripline
