// SPDX-License-Identifier: Apache-2.0
#include "serve/encode.h"

#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <bit>
#include <string_view>
#include <type_traits>
#include <utility>

#include "event/text.h"
#include "render/api_names.h"
#include "serve/fields.h"
#include "serve/time_message.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

// All that wrap a number have it as the same field.
constexpr int kWrapped = google::protobuf::UInt32Value::kValueFieldNumber;
static_assert(google::protobuf::Int32Value::kValueFieldNumber == kWrapped);
static_assert(google::protobuf::BoolValue::kValueFieldNumber == kWrapped);

// What fields.h lists of the member `from` of a message of type Message.
#define TRIPLINE_WRITE(Field, accessor, member) write(out, Message::k##Field##FieldNumber, from.member);
#define TRIPLINE_WRITE_WRAPPED(Field, accessor, member) \
  write_wrapped(out, Message::k##Field##FieldNumber, from.member);
#define TRIPLINE_WRITE_TIME(Field, accessor, member) \
  write_time(out, Message::k##Field##FieldNumber, from.member);
#define TRIPLINE_WRITE_OPTIONAL(Field, accessor, member) \
  if (from.member) write(out, Message::k##Field##FieldNumber, *from.member);

void write(WireOut& out, int field, std::integral auto value) { out.number(field, value); }
void write(WireOut& out, int field, std::string_view text) { out.text(field, text); }
void write(WireOut& out, int field, const std::string& text) { out.text(field, text); }
void write(WireOut& out, int field, const SharedText& text) { out.text(field, text); }
void write(WireOut& out, int field, Action action) { out.number(field, static_cast<uint32_t>(action)); }
void write(WireOut& out, int field, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) out.set_text(field, text);
}

void write_wrapped(WireOut& out, int field, std::integral auto value) {
  out.message(field, [&] { out.number(kWrapped, value); });
}
template <typename T>
void write_wrapped(WireOut& out, int field, const std::optional<T>& value) {
  if (value) write_wrapped(out, field, *value);
}

void write_time(WireOut& out, int field, int64_t time) {
  using Message = google::protobuf::Timestamp;
  const SplitTime split = split_time(time);
  out.message(field, [&] {
    out.number(Message::kSecondsFieldNumber, split.seconds);
    out.number(Message::kNanosFieldNumber, split.nanoseconds);
  });
}

// The bits of a set, each as `number_of` gives it.
template <typename NumberOf>
void write_bits(WireOut& out, int field, uint64_t set, NumberOf number_of) {
  if (set == 0) return;
  out.message(field, [&] {
    for (; set != 0; set &= set - 1) out.element(number_of(std::countr_zero(set)));
  });
}

void write(WireOut& out, int field, const Capabilities& from) {
  using Message = tetragon::Capabilities;
  out.message(field, [&] {
#define TRIPLINE_WRITE_CAPABILITIES(Field, accessor, member) \
  write_bits(out, Message::k##Field##FieldNumber, from.member, [](int bit) { return bit; });
    TRIPLINE_CAPABILITY_FIELDS(TRIPLINE_WRITE_CAPABILITIES)
#undef TRIPLINE_WRITE_CAPABILITIES
  });
}

void write_members(WireOut& out, const Credentials& from) {
  using Message = tetragon::ProcessCredentials;
  TRIPLINE_ID_FIELDS(TRIPLINE_WRITE_WRAPPED)
  write_bits(out, Message::kSecurebitsFieldNumber, from.securebits,
             [](int bit) { return static_cast<int32_t>(uint32_t{1} << bit); });
}

void write(WireOut& out, int field, const Credentials& from) {
  out.message(field, [&] { write_members(out, from); });
}

void write(WireOut& out, int field, const NamespaceId& from) {
  using Message = tetragon::Namespace;
  out.message(field, [&] {
    out.number(Message::kInumFieldNumber, from.inum);
    out.number(Message::kIsHostFieldNumber, from.is_host);
  });
}

void write(WireOut& out, int field, const Namespaces& from) {
  using Message = tetragon::Namespaces;
  out.message(field, [&] {
#define TRIPLINE_WRITE_NAMESPACE(Field, accessor, member) \
  if (from.member.inum != 0) write(out, Message::k##Field##FieldNumber, from.member);
    TRIPLINE_NAMESPACE_FIELDS(TRIPLINE_WRITE_NAMESPACE)
#undef TRIPLINE_WRITE_NAMESPACE
  });
}

void write(WireOut& out, int field, const UserNamespace& from) {
  using Message = tetragon::UserNamespace;
  out.message(field, [&] {
    TRIPLINE_USER_NAMESPACE_FIELDS(TRIPLINE_WRITE_WRAPPED)
    write(out, Message::kNsFieldNumber, from.ns);
  });
}

void write(WireOut& out, int field, const BinaryProperties& from) {
  using Message = tetragon::BinaryProperties;
  const std::pair<bool, int> changes[] = {
      {from.raised_by_file_caps, tetragon::PRIVILEGES_RAISED_EXEC_FILE_CAP},
      {from.raised_by_setuid, tetragon::PRIVILEGES_RAISED_EXEC_FILE_SETUID},
      {from.raised_by_setgid, tetragon::PRIVILEGES_RAISED_EXEC_FILE_SETGID}};
  out.message(field, [&] {
    write_wrapped(out, Message::kSetuidFieldNumber, from.setuid);
    write_wrapped(out, Message::kSetgidFieldNumber, from.setgid);
    if (std::ranges::any_of(changes, &std::pair<bool, int>::first)) {
      out.message(Message::kPrivilegesChangedFieldNumber, [&] {
        for (const auto& [changed, number] : changes)
          if (changed) out.element(number);
      });
    }
    if (!from.inode) return;
    out.message(Message::kFileFieldNumber, [&] {
      out.message(tetragon::FileProperties::kInodeFieldNumber, [&] {
        out.number(tetragon::InodeProperties::kNumberFieldNumber, from.inode->number);
        write_wrapped(out, tetragon::InodeProperties::kLinksFieldNumber, from.inode->links);
      });
    });
  });
}

// Entries of a map have both of their fields always.
void write(WireOut& out, int field, const Labels& labels) {
  constexpr int kKey = 1, kValue = 2;
  for (const auto& [key, value] : labels) {
    out.message(field, [&] {
      out.set_text(kKey, key);
      out.set_text(kValue, value);
    });
  }
}

void write_container(WireOut& out, int field, const ProcessPod& pod) {
  using Message = tetragon::Container;
  const ContainerView& from = pod.of->container;
  out.message(field, [&] {
    out.text(Message::kIdFieldNumber, from.id);
    out.text(Message::kNameFieldNumber, from.name);
    out.message(Message::kImageFieldNumber, [&] {
      out.text(tetragon::Image::kIdFieldNumber, from.image_id);
      out.text(tetragon::Image::kNameFieldNumber, from.image);
    });
    if (from.started_at) write_time(out, Message::kStartTimeFieldNumber, *from.started_at);
    if (pod.pid != 0) write_wrapped(out, Message::kPidFieldNumber, pod.pid);
    out.number(Message::kMaybeExecProbeFieldNumber, pod.may_be_probe);
    out.message(Message::kSecurityContextFieldNumber,
                [&] { out.number(tetragon::SecurityContext::kPrivilegedFieldNumber, from.privileged); });
  });
}

void write(WireOut& out, int field, const ProcessPod& pod) {
  using Message = tetragon::Pod;
  const PodView& from = *pod.of;
#define TRIPLINE_WRITE_CONTAINER(Field, accessor, member) \
  write_container(out, Message::k##Field##FieldNumber, pod);
  out.message(field, [&] { TRIPLINE_POD_FIELDS(TRIPLINE_WRITE, TRIPLINE_WRITE_CONTAINER) });
#undef TRIPLINE_WRITE_CONTAINER
}

void write_environment(WireOut& out, int field, std::string_view environment) {
  using Message = tetragon::EnvVar;
  while (!environment.empty()) {
    const std::string_view variable = environment.substr(0, environment.find('\0'));
    environment.remove_prefix(std::min(variable.size() + 1, environment.size()));
    const size_t equals = variable.find('=');
    out.message(field, [&] {
      out.text(Message::kKeyFieldNumber, equals == variable.npos ? kNoVariable : variable.substr(0, equals));
      out.text(Message::kValueFieldNumber, equals == variable.npos ? variable : variable.substr(equals + 1));
    });
  }
}

using ArgumentMessage = tetragon::KprobeArgument;

// Each argument: the number of its field, and what it writes.
#define TRIPLINE_WRITE_LISTED(Field, accessor, Arg, ArgMessage, FIELDS)                          \
  constexpr int number_of(const Arg& /*arg*/) { return ArgumentMessage::k##Field##FieldNumber; } \
  void write_value(WireOut& out, const Arg& from) {                                              \
    using Message = tetragon::ArgMessage;                                                        \
    out.message(number_of(from), [&] { FIELDS(TRIPLINE_WRITE) });                                \
  }
TRIPLINE_LISTED_ARGUMENTS(TRIPLINE_WRITE_LISTED)
#undef TRIPLINE_WRITE_LISTED

void set(WireOut& out, int field, std::integral auto value) { out.set_number(field, value); }
void set(WireOut& out, int field, const std::string& value) { out.set_text(field, value); }

#define TRIPLINE_WRITE_SCALAR(Field, accessor, Arg)                                              \
  constexpr int number_of(const Arg& /*arg*/) { return ArgumentMessage::k##Field##FieldNumber; } \
  void write_value(WireOut& out, const Arg& from) { set(out, number_of(from), from.value); }
TRIPLINE_SCALAR_ARGUMENTS(TRIPLINE_WRITE_SCALAR)
#undef TRIPLINE_WRITE_SCALAR

int number_of(const CapabilitySetArg& arg) {
  switch (arg.kind) {
#define TRIPLINE_SET_NUMBER(Field, accessor, kind) \
  case CapabilitySet::kind:                        \
    return ArgumentMessage::k##Field##FieldNumber;
    TRIPLINE_CAPABILITY_SET_ARGUMENTS(TRIPLINE_SET_NUMBER)
#undef TRIPLINE_SET_NUMBER
  }
  return 0;
}
void write_value(WireOut& out, const CapabilitySetArg& from) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(from.set >> shift);
  out.set_text(number_of(from), hex_text(bytes));
}

constexpr int number_of(const UserNsArg& /*arg*/) { return ArgumentMessage::kUserNsArgFieldNumber; }
void write_value(WireOut& out, const UserNsArg& from) { write(out, number_of(from), from.value); }

constexpr int number_of(const ProcessCredentialsArg& /*arg*/) {
  return ArgumentMessage::kProcessCredentialsArgFieldNumber;
}
void write_value(WireOut& out, const ProcessCredentialsArg& from) {
  using Message = tetragon::ProcessCredentials;
  out.message(number_of(from), [&] {
    write_members(out, from.credentials);
    write(out, Message::kCapsFieldNumber, from.caps);
    write(out, Message::kUserNsFieldNumber, from.user_ns);
  });
}

constexpr int number_of(const CapabilityArg& /*arg*/) { return ArgumentMessage::kCapabilityArgFieldNumber; }
void write_value(WireOut& out, const CapabilityArg& from) {
  using Message = tetragon::KprobeCapability;
  out.message(number_of(from), [&] {
    write_wrapped(out, Message::kValueFieldNumber, from.value);
    write(out, Message::kNameFieldNumber, capability_name(static_cast<uint32_t>(from.value)));
  });
}

constexpr int number_of(const BpfCmdArg& /*arg*/) { return ArgumentMessage::kBpfCmdArgFieldNumber; }
void write_value(WireOut& out, const BpfCmdArg& from) { out.set_number(number_of(from), from.value); }

constexpr int number_of(const ModuleArg& /*arg*/) { return ArgumentMessage::kModuleArgFieldNumber; }
void write_value(WireOut& out, const ModuleArg& from) {
  using Message = tetragon::KernelModule;
  uint64_t named = 0;
  for (uint32_t bit = 0; bit < 32; bit++)
    if (!taint_name(bit).empty()) named |= uint64_t{1} << bit;
  out.message(number_of(from), [&] {
    write(out, Message::kNameFieldNumber, from.name);
    write_wrapped(out, Message::kSignatureOkFieldNumber, from.signature_ok);
    write_bits(out, Message::kTaintedFieldNumber, from.taints & named, [](int bit) { return 1 << bit; });
  });
}

void write(WireOut& out, int field, const Argument& argument) {
  constexpr int kLabel = ArgumentMessage::kLabelFieldNumber;
  out.message(field, [&] {
    std::visit(
        [&](const auto& value) {
          const bool label_first = number_of(value) > kLabel;
          if (label_first) out.text(kLabel, argument.label);
          write_value(out, value);
          if (!label_first) out.text(kLabel, argument.label);
        },
        argument.value);
  });
}

void write(WireOut& out, int field, const std::vector<Argument>& arguments) {
  for (const Argument& argument : arguments) write(out, field, argument);
}

void write(WireOut& out, int field, const std::vector<StackFrame>& stack) {
  using Message = tetragon::StackTraceEntry;
  for (const StackFrame& from : stack)
    out.message(field, [&] { TRIPLINE_STACK_FRAME_FIELDS(TRIPLINE_WRITE) });
}

constexpr int number_of(const ProcessExec& /*payload*/) {
  return tetragon::GetEventsResponse::kProcessExecFieldNumber;
}
constexpr int number_of(const ProcessExit& /*payload*/) {
  return tetragon::GetEventsResponse::kProcessExitFieldNumber;
}
constexpr int number_of(const ProcessKprobe& /*payload*/) {
  return tetragon::GetEventsResponse::kProcessKprobeFieldNumber;
}
constexpr int number_of(const ProcessTracepoint& /*payload*/) {
  return tetragon::GetEventsResponse::kProcessTracepointFieldNumber;
}
constexpr int number_of(const ProcessLsm& /*payload*/) {
  return tetragon::GetEventsResponse::kProcessLsmFieldNumber;
}
constexpr int number_of(const ProcessUprobe& /*payload*/) {
  return tetragon::GetEventsResponse::kProcessUprobeFieldNumber;
}
constexpr int number_of(const ProcessUsdt& /*payload*/) {
  return tetragon::GetEventsResponse::kProcessUsdtFieldNumber;
}
constexpr int number_of(const ProcessLoader& /*payload*/) {
  return tetragon::GetEventsResponse::kProcessLoaderFieldNumber;
}
constexpr int number_of(const ProcessThrottle& /*payload*/) {
  return tetragon::GetEventsResponse::kProcessThrottleFieldNumber;
}

// All payloads that have processes have them as the same fields, but for the parent of a loader.
constexpr int kProcess = tetragon::ProcessExec::kProcessFieldNumber;
constexpr int kParent = tetragon::ProcessExec::kParentFieldNumber;
template <typename Message>
constexpr bool kHasProcesses =
    Message::kProcessFieldNumber == kProcess && Message::kParentFieldNumber == kParent;
static_assert(kHasProcesses<tetragon::ProcessExit> && kHasProcesses<tetragon::ProcessKprobe> &&
              kHasProcesses<tetragon::ProcessTracepoint> && kHasProcesses<tetragon::ProcessLsm> &&
              kHasProcesses<tetragon::ProcessUprobe> && kHasProcesses<tetragon::ProcessUsdt> &&
              tetragon::ProcessLoader::kProcessFieldNumber == kProcess);

const BinaryProperties* properties_of(const Event& event) {
  const auto* exec = std::get_if<ProcessExec>(&event.payload);
  return exec && exec->binary_properties ? &*exec->binary_properties : nullptr;
}

}  // namespace

EventEncoder::EventEncoder(const Node& node) : node_{to_valid_utf8(node.name), to_valid_utf8(node.cluster)} {}

void EventEncoder::set_labels(const Labels& labels) {
  WireOut out;
  write(out, tetragon::GetEventsResponse::kNodeLabelsFieldNumber, labels);
  labels_ = out.view();
}

const EventEncoder::Image& EventEncoder::image_of(const std::shared_ptr<const Process>& process) {
  constexpr size_t kImages = 1024;
  constexpr size_t kBytes = 8 << 20;     // of all of them
  constexpr size_t kLongest = 64 << 10;  // bytes of one
  using Message = tetragon::Process;
  const auto found = images_.find(process);
  if (found != images_.end()) return found->second;
  WireOut out;
  made_ = {};
  Image& image = made_;
  const Process& from = *process;
  TRIPLINE_HEAD_FIELDS(TRIPLINE_WRITE, TRIPLINE_WRITE_WRAPPED, TRIPLINE_WRITE_TIME, TRIPLINE_WRITE_OPTIONAL)
  image.refcnt = out.size();
  TRIPLINE_RIGHTS_FIELDS(TRIPLINE_WRITE_OPTIONAL)
  image.tid = out.size();
  TRIPLINE_CREDENTIALS_FIELDS(TRIPLINE_WRITE_OPTIONAL)
  image.properties = out.size();
  if (from.user) {
    out.message(Message::kUserFieldNumber,
                [&] { out.text(tetragon::UserRecord::kNameFieldNumber, *from.user); });
  }
  TRIPLINE_TAIL_FIELDS(TRIPLINE_WRITE_WRAPPED)
  write_environment(out, Message::kEnvironmentVariablesFieldNumber, from.environment);
  image.fields = out.view();
  if (image.fields.size() > kLongest) return image;
  if (images_.size() >= kImages || bytes_ + image.fields.size() > kBytes) {
    images_.clear();
    bytes_ = 0;
  }
  bytes_ += image.fields.size();
  return images_[process] = std::move(image);
}

void EventEncoder::write_shown(const Shown& shown, const BinaryProperties* properties) {
  using Message = tetragon::Process;
  const Image& image = image_of(shown.process);
  const std::string_view fields = image.fields;
  out_.raw(fields.substr(0, image.refcnt));
  out_.number(Message::kRefcntFieldNumber, shown.refcnt);
  out_.raw(fields.substr(image.refcnt, image.tid - image.refcnt));
  write_wrapped(out_, Message::kTidFieldNumber, shown.tid);
  out_.raw(fields.substr(image.tid, image.properties - image.tid));
  if (properties) write(out_, Message::kBinaryPropertiesFieldNumber, *properties);
  out_.raw(fields.substr(image.properties));
}

void EventEncoder::write_shown(int field, const Shown& shown, const BinaryProperties* properties) {
  out_.message(field, [&] { write_shown(shown, properties); });
}

void EventEncoder::write_ancestors(int field, const Event& event) {
  for (const Shown& ancestor : event.ancestors) write_shown(field, ancestor, nullptr);
}

#define TRIPLINE_WRITE_ANCESTORS(Field) write_ancestors(Message::k##Field##FieldNumber, event);

void EventEncoder::write_payload(const Event& event, const ProcessExec& /*exec*/) {
  using Message = tetragon::ProcessExec;
  TRIPLINE_WRITE_ANCESTORS(Ancestors)
}

void EventEncoder::write_payload(const Event& event, const ProcessExit& from) {
  using Message = tetragon::ProcessExit;
  WireOut& out = out_;
  TRIPLINE_EXIT_FIELDS(TRIPLINE_WRITE)
  write_time(out, Message::kTimeFieldNumber, event.time);
  TRIPLINE_WRITE_ANCESTORS(Ancestors)
}

void EventEncoder::write_payload(const Event& event, const ProcessKprobe& from) {
  using Message = tetragon::ProcessKprobe;
  WireOut& out = out_;
  TRIPLINE_KPROBE_FIELDS(TRIPLINE_WRITE, TRIPLINE_WRITE_OPTIONAL, TRIPLINE_WRITE_ANCESTORS)
}

void EventEncoder::write_payload(const Event& event, const ProcessTracepoint& from) {
  using Message = tetragon::ProcessTracepoint;
  WireOut& out = out_;
  TRIPLINE_TRACEPOINT_FIELDS(TRIPLINE_WRITE, TRIPLINE_WRITE_ANCESTORS)
}

void EventEncoder::write_payload(const Event& event, const ProcessLsm& from) {
  using Message = tetragon::ProcessLsm;
  WireOut& out = out_;
  TRIPLINE_LSM_FIELDS(TRIPLINE_WRITE, TRIPLINE_WRITE_ANCESTORS)
}

void EventEncoder::write_payload(const Event& event, const ProcessUprobe& from) {
  using Message = tetragon::ProcessUprobe;
  WireOut& out = out_;
  TRIPLINE_UPROBE_FIELDS(TRIPLINE_WRITE, TRIPLINE_WRITE_ANCESTORS)
}

void EventEncoder::write_payload(const Event& event, const ProcessUsdt& from) {
  using Message = tetragon::ProcessUsdt;
  WireOut& out = out_;
  TRIPLINE_USDT_FIELDS(TRIPLINE_WRITE, TRIPLINE_WRITE_ANCESTORS)
}

void EventEncoder::write_payload(const Event& event, const ProcessLoader& from) {
  using Message = tetragon::ProcessLoader;
  WireOut& out = out_;
  TRIPLINE_LOADER_FIELDS(TRIPLINE_WRITE)
  if (event.parent) write_shown(Message::kParentFieldNumber, *event.parent, nullptr);
  TRIPLINE_WRITE_ANCESTORS(Ancestors)
}

void EventEncoder::write_payload(const Event& /*event*/, const ProcessThrottle& throttle) {
  using Message = tetragon::ProcessThrottle;
  out_.number(Message::kTypeFieldNumber, static_cast<uint32_t>(throttle.type));
  out_.text(Message::kCgroupFieldNumber, throttle.cgroup);
}

std::string EventEncoder::encode(const Event& event) {
  using Message = tetragon::GetEventsResponse;
  out_.clear();
  std::visit(
      [&]<typename T>(const T& payload) {
        out_.message(number_of(payload), [&] {
          if (!std::is_same_v<T, ProcessThrottle>) {
            if (event.process.process) write_shown(kProcess, event.process, properties_of(event));
            if (event.parent && !std::is_same_v<T, ProcessLoader>)
              write_shown(kParent, *event.parent, nullptr);
          }
          write_payload(event, payload);
        });
      },
      event.payload);
  out_.text(Message::kNodeNameFieldNumber, node_.name);
  write_time(out_, Message::kTimeFieldNumber, event.time);
  out_.text(Message::kClusterNameFieldNumber, node_.cluster);
  out_.raw(labels_);
  return std::string(out_.view());
}

std::string EventEncoder::encode(const Shown& shown) {
  out_.clear();
  write_shown(shown, nullptr);
  return std::string(out_.view());
}

}  // namespace tripline
