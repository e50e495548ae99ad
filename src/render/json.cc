// SPDX-License-Identifier: Apache-2.0
#include "render/json.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "event/text.h"
#include "render/api_names.h"
#include "render/json_out.h"
#include "render/time.h"

namespace tripline {
namespace {

void write_namespaces(JsonOut& json, const Namespaces& ns) {
  auto write = [&](const char* name, const NamespaceId& id) {
    if (id.inum == 0) return;
    json.object(name);
    json.member("inum", id.inum);
    if (id.is_host) json.set_member("is_host", true);
    json.end();
  };
  json.object("ns");
#define TRIPLINE_WRITE_NAMESPACE(name) write(#name, ns.name);
  TRIPLINE_NAMESPACES(TRIPLINE_WRITE_NAMESPACE)
#undef TRIPLINE_WRITE_NAMESPACE
  json.end();
}

void write_binary_properties(JsonOut& json, const BinaryProperties& properties) {
  json.object("binary_properties");
  json.set_member("setuid", properties.setuid);
  json.set_member("setgid", properties.setgid);
  if (properties.raised_by_file_caps || properties.raised_by_setuid || properties.raised_by_setgid) {
    json.array("privileges_changed");
    if (properties.raised_by_file_caps) json.text("PRIVILEGES_RAISED_EXEC_FILE_CAP");
    if (properties.raised_by_setuid) json.text("PRIVILEGES_RAISED_EXEC_FILE_SETUID");
    if (properties.raised_by_setgid) json.text("PRIVILEGES_RAISED_EXEC_FILE_SETGID");
    json.end_array();
  }
  if (properties.inode) {
    json.object("file");
    json.object("inode");
    json.member64("number", properties.inode->number);
    json.set_member("links", properties.inode->links);
    json.end();
    json.end();
  }
  json.end();
}

void write_environment(JsonOut& json, std::string_view environment) {
  if (environment.empty()) return;
  json.array("environment_variables");
  while (!environment.empty()) {
    const std::string_view variable = environment.substr(0, environment.find('\0'));
    environment.remove_prefix(std::min(variable.size() + 1, environment.size()));
    const size_t equals = variable.find('=');
    json.start();
    json.member("Key", equals == variable.npos ? kNoVariable : variable.substr(0, equals));
    json.member("Value", equals == variable.npos ? variable : variable.substr(equals + 1));
    json.end();
  }
  json.end_array();
}

void write_labels(JsonOut& json, std::string_view name, const Labels& labels) {
  if (labels.empty()) return;
  json.object(name);
  for (const auto& [key, value] : labels) json.text_member(key, value);
  json.end();
}

// A pod in two pieces, for what is the process's own has its place between them: its container, open; the rest.
void write_pod_start(JsonOut& json, const PodView& pod, RecentTime& times) {
  json.object("pod");
  json.member("namespace", pod.name_space);
  json.member("name", pod.name);
  json.member("uid", pod.uid);
  json.object("container");
  json.member("id", pod.container.id);
  json.member("name", pod.container.name);
  json.object("image");
  json.member("id", pod.container.image_id);
  json.member("name", pod.container.image);
  json.end();
  if (pod.container.started_at) json.plain_member("start_time", times.rfc3339(*pod.container.started_at));
}

void write_pod_end(JsonOut& json, const PodView& pod) {
  json.object("security_context");
  if (pod.container.privileged) json.set_member("privileged", true);
  json.end();
  json.end();
  write_labels(json, "pod_labels", pod.labels);
  json.member("workload", pod.workload);
  json.member("workload_kind", pod.workload_kind);
  write_labels(json, "pod_annotations", pod.annotations);
  json.end();
}

// What never changes of an image, in four pieces, for what an event adds has its place between them.
void write_rights(JsonOut& json, const Process& process) {
  if (process.cap) write_capabilities(json, "cap", *process.cap);
  if (process.ns) write_namespaces(json, *process.ns);
}

void write_credentials(JsonOut& json, const Process& process) {
  if (!process.credentials) return;
  json.object("process_credentials");
  write_credential_members(json, *process.credentials);
  json.end();
}

void write_tail(JsonOut& json, const Process& process) {
  if (process.user) {
    json.object("user");
    json.member("name", *process.user);
    json.end();
  }
  json.set_member("in_init_tree", process.in_init_tree);
  write_environment(json, process.environment);
}

[[gnu::always_inline]] inline void write_action(JsonOut& json, std::string_view name, Action action) {
  if (action != Action::kUnknown) json.plain_member(name, action_name(action));
}

// The payload's members besides its processes, up to the ancestors.
void write_payload(JsonOut& /*json*/, std::string_view /*time*/, const ProcessExec& /*exec*/) {}

void write_payload(JsonOut& json, std::string_view time, const ProcessExit& exit) {
  json.member("signal", exit.signal);
  json.member("status", exit.status);
  json.plain_member("time", time);
}

void write_stack(JsonOut& json, std::string_view name, const std::vector<StackFrame>& stack) {
  if (stack.empty()) return;
  json.array(name);
  for (const StackFrame& frame : stack) {
    json.start();
    json.member64("address", frame.address);
    json.member64("offset", frame.offset);
    json.member("symbol", frame.symbol);
    json.member("module", frame.module);
    json.end();
  }
  json.end_array();
}

void write_tags(JsonOut& json, const std::vector<std::string>& tags) {
  if (tags.empty()) return;
  json.array("tags");
  for (const std::string& tag : tags) json.text(tag);
  json.end_array();
}

void write_payload(JsonOut& json, std::string_view /*time*/, const ProcessKprobe& kprobe) {
  json.member("function_name", kprobe.function);
  write_arguments(json, "args", kprobe.args);
  if (kprobe.returned) write_argument(json, "return", *kprobe.returned);
  write_action(json, "action", kprobe.action);
  write_stack(json, "kernel_stack_trace", kprobe.kernel_stack);
  json.member("policy_name", kprobe.policy);
  write_action(json, "return_action", kprobe.return_action);
  json.member("message", kprobe.message);
  write_tags(json, kprobe.tags);
  write_stack(json, "user_stack_trace", kprobe.user_stack);
}

void write_payload(JsonOut& json, std::string_view /*time*/, const ProcessTracepoint& tracepoint) {
  json.member("subsys", tracepoint.subsys);
  json.member("event", tracepoint.event);
  write_arguments(json, "args", tracepoint.args);
  json.member("policy_name", tracepoint.policy);
  write_action(json, "action", tracepoint.action);
  json.member("message", tracepoint.message);
  write_tags(json, tracepoint.tags);
}

void write_payload(JsonOut& json, std::string_view /*time*/, const ProcessLsm& lsm) {
  json.member("function_name", lsm.function);
  json.member("policy_name", lsm.policy);
  json.member("message", lsm.message);
  write_arguments(json, "args", lsm.args);
  write_action(json, "action", lsm.action);
  write_tags(json, lsm.tags);
}

void write_payload(JsonOut& json, std::string_view /*time*/, const ProcessUprobe& uprobe) {
  json.member("path", uprobe.path);
  json.member("symbol", uprobe.symbol);
  json.member("policy_name", uprobe.policy);
  json.member("message", uprobe.message);
  write_arguments(json, "args", uprobe.args);
  write_tags(json, uprobe.tags);
}

void write_payload(JsonOut& json, std::string_view /*time*/, const ProcessUsdt& usdt) {
  json.member("path", usdt.path);
  json.member("provider", usdt.provider);
  json.member("name", usdt.name);
  json.member("policy_name", usdt.policy);
  json.member("message", usdt.message);
  write_arguments(json, "args", usdt.args);
  write_tags(json, usdt.tags);
}

void write_payload(JsonOut& json, std::string_view /*time*/, const ProcessLoader& loader) {
  json.member("path", loader.path);
  json.member("buildid", base64(loader.build_id));
}

void write_payload(JsonOut& json, std::string_view /*time*/, const ProcessThrottle& throttle) {
  if (throttle.type != ProcessThrottle::Type::kUnknown) json.member("type", throttle_name(throttle.type));
  json.member("cgroup", throttle.cgroup);
}

// And those behind the ancestors.
template <typename Other>
void write_payload_tail(JsonOut& /*json*/, const Other& /*payload*/) {}
void write_payload_tail(JsonOut& json, const ProcessKprobe& kprobe) {
  write_arguments(json, "data", kprobe.data);
}
void write_payload_tail(JsonOut& json, const ProcessLsm& lsm) { json.member("ima_hash", lsm.ima_hash); }
void write_payload_tail(JsonOut& json, const ProcessUprobe& uprobe) {
  json.member64("offset", uprobe.offset);
  json.member64("ref_ctr_offset", uprobe.ref_ctr_offset);
  write_action(json, "action", uprobe.action);
  write_arguments(json, "data", uprobe.data);
}
void write_payload_tail(JsonOut& json, const ProcessUsdt& usdt) {
  write_action(json, "action", usdt.action);
  json.member("flags", usdt.flags);
}

constexpr std::string_view payload_name(const ProcessExec& /*exec*/) { return "process_exec"; }
constexpr std::string_view payload_name(const ProcessExit& /*exit*/) { return "process_exit"; }
constexpr std::string_view payload_name(const ProcessKprobe& /*kprobe*/) { return "process_kprobe"; }
constexpr std::string_view payload_name(const ProcessTracepoint& /*event*/) { return "process_tracepoint"; }
constexpr std::string_view payload_name(const ProcessLsm& /*lsm*/) { return "process_lsm"; }
constexpr std::string_view payload_name(const ProcessUprobe& /*uprobe*/) { return "process_uprobe"; }
constexpr std::string_view payload_name(const ProcessUsdt& /*usdt*/) { return "process_usdt"; }
constexpr std::string_view payload_name(const ProcessLoader& /*loader*/) { return "process_loader"; }
constexpr std::string_view payload_name(const ProcessThrottle& /*throttle*/) { return "process_throttle"; }

std::string member_of(std::string_view name, std::string_view value) {
  TextBuffer out;
  JsonOut(out).member(name, value);
  return std::string(out.view());
}

const BinaryProperties* properties_of(const Event& event) {
  const auto* exec = std::get_if<ProcessExec>(&event.payload);
  return exec && exec->binary_properties ? &*exec->binary_properties : nullptr;
}

}  // namespace

JsonWriter::JsonWriter(const Node& node)
    : node_name_(member_of("node_name", node.name)), cluster_name_(member_of("cluster_name", node.cluster)) {}

void JsonWriter::set_labels(const Labels& labels) {
  TextBuffer out;
  JsonOut json(out);
  write_labels(json, "node_labels", labels);
  labels_ = out.view();
}

void JsonWriter::write_head(JsonOut& json, const Process& process) {
  json.member("exec_id", process.exec_id);
  json.set_member("pid", process.pid);
  json.set_member("uid", process.uid);
  json.member("cwd", process.cwd);
  json.member("binary", process.binary);
  json.member("arguments", process.arguments);
  json.member("flags", process.flags);
  json.plain_member("start_time", times_.rfc3339(process.start_time));
  json.set_member("auid", process.auid);
  if (process.pod) write_pod(json, *process.pod);
  json.member("docker", process.docker);
  json.member("parent_exec_id", process.parent_exec_id);
}

void JsonWriter::write_pod(JsonOut& json, const ProcessPod& pod) {
  constexpr size_t kPods = 256;
  auto known = pods_.find(pod.of);
  if (known == pods_.end()) {
    if (pods_.size() >= kPods) pods_.clear();
    TextBuffer start, end;
    JsonOut to_start(start), to_end(end);
    write_pod_start(to_start, *pod.of, times_);
    write_pod_end(to_end, *pod.of);
    known = pods_.emplace(pod.of, PodText{std::string(start.view()), std::string(end.view())}).first;
  }
  json.raw(known->second.start);
  json.member("pid", pod.pid);
  if (pod.may_be_probe) json.set_member("maybe_exec_probe", true);
  json.raw(known->second.end);
}

const JsonWriter::Image& JsonWriter::image_of(const std::shared_ptr<const Process>& process) {
  constexpr size_t kImages = 1024;
  constexpr size_t kBytes = 8 << 20;     // of all of them
  constexpr size_t kLongest = 64 << 10;  // bytes of one
  const auto found = images_.find(process);
  if (found != images_.end()) return found->second;
  if (made_.size() > kLongest) made_ = {};
  made_.clear();
  JsonOut json(made_);
  Image image;
  write_head(json, *process);
  image.refcnt = made_.size();
  write_rights(json, *process);
  image.tid = made_.size();
  write_credentials(json, *process);
  image.properties = made_.size();
  write_tail(json, *process);
  image.members = made_.view();
  if (made_.size() > kLongest) return long_ = std::move(image);
  if (images_.size() >= kImages || bytes_ + made_.size() > kBytes) forget();
  bytes_ += made_.size();
  return images_[process] = std::move(image);
}

void JsonWriter::forget() {
  images_.clear();
  bytes_ = 0;
}

void JsonWriter::write_shown(JsonOut& json, const Shown& shown, const BinaryProperties* properties) {
  const Image& image = image_of(shown.process);
  const auto write_piece = [&](size_t first, size_t last) {
    std::string_view piece = std::string_view(image.members).substr(first, last - first);
    if (piece.starts_with(',')) piece.remove_prefix(1);
    json.raw(piece);
  };
  write_piece(0, image.refcnt);
  json.member("refcnt", shown.refcnt);
  write_piece(image.refcnt, image.tid);
  json.set_member("tid", shown.tid);
  write_piece(image.tid, image.properties);
  if (properties) write_binary_properties(json, *properties);
  write_piece(image.properties, image.members.size());
  json.end();
}

void JsonWriter::write_parent(JsonOut& json, const Event& event) {
  json.object("parent");
  write_shown(json, *event.parent, nullptr);
}

void JsonWriter::write_processes(TextBuffer& out, const Event& event) {
  constexpr size_t kLongest = 16 << 10;  // bytes that are kept
  JsonOut json(out);
  const BinaryProperties* const properties = properties_of(event);
  const bool again = !std::holds_alternative<ProcessExec>(event.payload) &&
                     !std::holds_alternative<ProcessExit>(event.payload) &&
                     !std::holds_alternative<ProcessLoader>(event.payload);
  if (again && event.process == process_ && event.parent == parent_) return json.raw(processes_);
  const size_t before = out.size();
  if (event.process.process) {
    json.object("process");
    write_shown(json, event.process, properties);
  }
  // That of a loader has another place.
  if (event.parent && !std::holds_alternative<ProcessLoader>(event.payload)) write_parent(json, event);
  const std::string_view made = out.view().substr(before);
  if (!again || made.size() > kLongest) return;
  process_ = event.process;
  parent_ = event.parent;
  processes_ = made;
}

void JsonWriter::write(TextBuffer& out, const Event& event) {
  JsonOut json(out);
  out.add('{');  // whatever line is before
  json.object(std::visit([](const auto& payload) { return payload_name(payload); }, event.payload));
  write_processes(out, event);
  std::visit([&](const auto& any) { write_payload(json, times_.rfc3339(event.time), any); }, event.payload);
  if (event.parent && std::holds_alternative<ProcessLoader>(event.payload)) write_parent(json, event);
  if (!event.ancestors.empty()) {
    json.array("ancestors");
    for (const Shown& ancestor : event.ancestors) {
      json.start();
      write_shown(json, ancestor, nullptr);
    }
    json.end_array();
  }
  std::visit([&](const auto& any) { write_payload_tail(json, any); }, event.payload);
  json.end();
  json.raw(node_name_);
  json.plain_member("time", times_.rfc3339(event.time));  // anew: an image has a time, too
  json.raw(cluster_name_);
  json.raw(labels_);
  json.end();
}

std::string to_json(const Event& event, const Node& node) {
  TextBuffer out;
  JsonWriter(node).write(out, event);
  return std::string(out.view());
}

}  // namespace tripline
