// SPDX-License-Identifier: Apache-2.0
#include "filter/subject.h"

#include <type_traits>

#include "tetragon/events.pb.h"

namespace tripline {
namespace {

struct Kind {
  Subject& subject;

  void operator()(const ProcessExec& /*exec*/) const { subject.type = tetragon::PROCESS_EXEC; }
  void operator()(const ProcessExit& /*exit*/) const { subject.type = tetragon::PROCESS_EXIT; }
  void operator()(const ProcessKprobe& kprobe) const { set(tetragon::PROCESS_KPROBE, kprobe.policy); }
  void operator()(const ProcessTracepoint& tracepoint) const {
    set(tetragon::PROCESS_TRACEPOINT, tracepoint.policy);
  }
  void operator()(const ProcessLsm& lsm) const { set(tetragon::PROCESS_LSM, lsm.policy); }
  void operator()(const ProcessUprobe& uprobe) const { set(tetragon::PROCESS_UPROBE, uprobe.policy); }
  void operator()(const ProcessUsdt& usdt) const { set(tetragon::PROCESS_USDT, usdt.policy); }
  void operator()(const ProcessLoader& /*loader*/) const { subject.type = tetragon::PROCESS_LOADER; }
  void operator()(const ProcessThrottle& /*throttle*/) const { subject.type = tetragon::PROCESS_THROTTLE; }

  void set(int type, std::string_view policy) const {
    subject.type = type;
    subject.policy = policy;
  }
};

void see(const Process& process, SeenProcess& out) {
  out.pid = process.pid;
  out.exec_id = process.exec_id;
  out.binary = process.binary;
  out.arguments = process.arguments;
  out.in_init_tree = process.in_init_tree.value_or(false);
  out.cap = process.cap;
  out.docker = process.docker;
  if (!process.pod) return;
  const PodView& pod = *process.pod->of;
  out.pod = SeenPod{.name_space = pod.name_space,
                    .name = pod.name,
                    .container = pod.container.name,
                    .exec_probe = process.pod->may_be_probe,
                    .labels = {},
                    .own_labels = &pod.labels};
}

template <typename List>
uint64_t bits_of(const List& capabilities) {
  uint64_t bits = 0;
  for (const int number : capabilities)
    if (number >= 0 && number < 64) bits |= uint64_t{1} << number;
  return bits;
}

SeenPod seen(const tetragon::Pod& pod) {
  SeenPod out{.name_space = pod.namespace_(), .name = pod.name(), .container = {}, .labels = {}};
  if (pod.has_container()) {
    out.container = pod.container().name();
    out.exec_probe = pod.container().maybe_exec_probe();
  }
  for (const auto& [key, value] : pod.pod_labels()) out.labels.emplace_back(key, value);
  return out;
}

SeenProcess seen(const tetragon::Process& process) {
  SeenProcess out{.pid = process.pid().value(),
                  .exec_id = process.exec_id(),
                  .binary = process.binary(),
                  .arguments = process.arguments(),
                  .docker = process.docker(),
                  .in_init_tree = process.in_init_tree().value()};
  if (process.has_cap())
    out.cap = Capabilities{bits_of(process.cap().permitted()), bits_of(process.cap().effective()),
                           bits_of(process.cap().inheritable())};
  if (process.has_pod()) out.pod = seen(process.pod());
  return out;
}

template <typename Payload>
void see(const Payload& payload, Subject& out) {
  if constexpr (requires { payload.has_process(); }) {
    if (payload.has_process()) out.process = seen(payload.process());
    if (payload.has_parent()) out.parent = seen(payload.parent());
  }
  if constexpr (requires { payload.ancestors(); }) {
    for (const tetragon::Process& ancestor : payload.ancestors()) out.ancestors.push_back(seen(ancestor));
  }
  if constexpr (requires { payload.policy_name(); }) out.policy = payload.policy_name();
}

}  // namespace

Subject subject_of(const Event& event) {
  Subject out;
  std::visit(Kind{out}, event.payload);
  if (event.process.process) see(*event.process.process, out.process.emplace());
  if (event.parent && event.parent->process) see(*event.parent->process, out.parent.emplace());
  for (const Shown& ancestor : event.ancestors)
    if (ancestor.process) see(*ancestor.process, out.ancestors.emplace_back());
  out.event = &event;
  return out;
}

Subject subject_of(const tetragon::GetEventsResponse& message) {
  Subject out;
  // The members of the oneof have the numbers of the types.
  out.type = message.event_case();
  out.message = &message;
  using Message = tetragon::GetEventsResponse;
  switch (message.event_case()) {
    case Message::kProcessExec:
      see(message.process_exec(), out);
      break;
    case Message::kProcessExit:
      see(message.process_exit(), out);
      break;
    case Message::kProcessKprobe:
      see(message.process_kprobe(), out);
      break;
    case Message::kProcessTracepoint:
      see(message.process_tracepoint(), out);
      break;
    case Message::kProcessLoader:
      see(message.process_loader(), out);
      break;
    case Message::kProcessUprobe:
      see(message.process_uprobe(), out);
      break;
    case Message::kProcessLsm:
      see(message.process_lsm(), out);
      break;
    case Message::kProcessUsdt:
      see(message.process_usdt(), out);
      break;
    case Message::kProcessThrottle:
    case Message::kTest:
    case Message::kRateLimitInfo:
    case Message::EVENT_NOT_SET:
      break;
  }
  return out;
}

}  // namespace tripline
