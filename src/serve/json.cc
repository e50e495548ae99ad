// SPDX-License-Identifier: Apache-2.0
#include "serve/json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "event/text.h"
#include "serve/names.h"
#include "serve/time.h"

namespace tripline {
namespace {

class Writer {
 public:
  void object(const char* name) {
    json_.Key(name);
    json_.StartObject();
  }
  void array(const char* name) {
    json_.Key(name);
    json_.StartArray();
  }
  void start() { json_.StartObject(); }
  void end() { json_.EndObject(); }
  void end_array() { json_.EndArray(); }

  void text(std::string_view value) {
    if (is_valid_utf8(value))
      json_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    else
      text(to_valid_utf8(value));
  }
  void number(uint32_t value) { json_.Uint(value); }

  // A member that is left out when it is empty, zero or false.
  void member(const char* name, std::string_view value) {
    if (value.empty()) return;
    json_.Key(name);
    text(value);
  }
  void member(const char* name, uint32_t value) {
    if (value != 0) set_member(name, value);
  }
  void member64(const char* name, uint64_t value) {
    if (value != 0) member(name, std::to_string(value));
  }

  // A member that is printed whatever its value.
  void set_member(const char* name, uint32_t value) {
    json_.Key(name);
    json_.Uint(value);
  }
  void set_member(const char* name, int32_t value) {
    json_.Key(name);
    json_.Int(value);
  }
  void set_member(const char* name, bool value) {
    json_.Key(name);
    json_.Bool(value);
  }
  template <typename T>
  void set_member(const char* name, const std::optional<T>& value) {
    if (value) set_member(name, *value);
  }

  [[nodiscard]] std::string_view result() const { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> json_{buffer_};
};

void write_capability_set(Writer& json, const char* name, uint64_t set) {
  if (set == 0) return;
  json.array(name);
  for (uint32_t number = 0; number < 64; number++) {
    if (!(set >> number & 1)) continue;
    std::string_view text = capability_name(number);
    if (text.empty())
      json.number(number);
    else
      json.text(text);
  }
  json.end_array();
}

void write_capabilities(Writer& json, const Capabilities& cap) {
  json.object("cap");
  write_capability_set(json, "permitted", cap.permitted);
  write_capability_set(json, "effective", cap.effective);
  write_capability_set(json, "inheritable", cap.inheritable);
  json.end();
}

void write_credentials(Writer& json, const Credentials& credentials) {
  json.object("process_credentials");
  json.set_member("uid", credentials.uid);
  json.set_member("gid", credentials.gid);
  json.set_member("euid", credentials.euid);
  json.set_member("egid", credentials.egid);
  json.set_member("suid", credentials.suid);
  json.set_member("sgid", credentials.sgid);
  json.set_member("fsuid", credentials.fsuid);
  json.set_member("fsgid", credentials.fsgid);
  if (credentials.securebits != 0) {
    json.array("securebits");
    for (uint32_t bit = 0; bit < 32; bit++)
      if (credentials.securebits >> bit & 1) {
        std::string_view name = securebit_name(bit);
        if (name.empty())
          json.number(uint32_t{1} << bit);
        else
          json.text(name);
      }
    json.end_array();
  }
  json.end();
}

void write_namespaces(Writer& json, const Namespaces& ns) {
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

void write_binary_properties(Writer& json, const BinaryProperties& properties) {
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

// What never changes of an image.
void write_process(Writer& json, const Process& process) {
  json.member("exec_id", process.exec_id);
  json.set_member("pid", process.pid);
  json.set_member("uid", process.uid);
  json.member("cwd", process.cwd);
  json.member("binary", process.binary);
  json.member("arguments", process.arguments);
  json.member("flags", process.flags);
  json.member("start_time", rfc3339(process.start_time));
  json.set_member("auid", process.auid);
  json.member("parent_exec_id", process.parent_exec_id);
  if (process.cap) write_capabilities(json, *process.cap);
  if (process.ns) write_namespaces(json, *process.ns);
  if (process.credentials) write_credentials(json, *process.credentials);
  if (process.user) {
    json.object("user");
    json.member("name", *process.user);
    json.end();
  }
  json.set_member("in_init_tree", process.in_init_tree);
}

void write_argument(Writer& json, const IntArg& arg) { json.set_member("int_arg", arg.value); }

void write_argument(Writer& json, const FileArg& arg) {
  json.object("file_arg");
  json.member("path", arg.path);
  json.member("flags", arg.flags);
  json.member("permission", arg.permission);
  json.end();
}

void write_arguments(Writer& json, const std::vector<Argument>& args) {
  if (args.empty()) return;
  json.array("args");
  for (const Argument& arg : args) {
    json.start();
    std::visit([&](const auto& value) { write_argument(json, value); }, arg.value);
    json.member("label", arg.label);
    json.end();
  }
  json.end_array();
}

void write_action(Writer& json, const char* name, Action action) {
  if (action != Action::kUnknown) json.member(name, action_name(action));
}

// The payload's members besides its processes.
void write_payload(Writer& /*json*/, const Event& /*event*/, const ProcessExec& /*exec*/) {}

void write_payload(Writer& json, const Event& event, const ProcessExit& exit) {
  json.member("signal", exit.signal);
  json.member("status", exit.status);
  json.member("time", rfc3339(event.time));
}

void write_payload(Writer& json, const Event& /*event*/, const ProcessKprobe& kprobe) {
  json.member("function_name", kprobe.function);
  write_arguments(json, kprobe.args);
  write_action(json, "action", kprobe.action);
  json.member("policy_name", kprobe.policy);
  write_action(json, "return_action", kprobe.return_action);
  json.member("message", kprobe.message);
  if (!kprobe.tags.empty()) {
    json.array("tags");
    for (const std::string& tag : kprobe.tags) json.text(tag);
    json.end_array();
  }
}

constexpr std::string_view payload_name(const ProcessExec& /*exec*/) { return "process_exec"; }
constexpr std::string_view payload_name(const ProcessExit& /*exit*/) { return "process_exit"; }
constexpr std::string_view payload_name(const ProcessKprobe& /*kprobe*/) { return "process_kprobe"; }

const BinaryProperties* properties_of(const Event& event) {
  const auto* exec = std::get_if<ProcessExec>(&event.payload);
  return exec && exec->binary_properties ? &*exec->binary_properties : nullptr;
}

// The members that `write` writes, as they stand between braces.
template <typename Write>
std::string members(Write write) {
  Writer json;
  json.start();
  write(json);
  json.end();
  std::string_view text = json.result();
  return std::string(text.substr(1, text.size() - 2));
}

}  // namespace

JsonWriter::JsonWriter(Node node) : node_(std::move(node)) {}

const std::string& JsonWriter::members_of(const std::shared_ptr<const Process>& process) {
  constexpr size_t kImages = 1024;
  auto found = images_.find(process);
  if (found != images_.end()) return found->second;
  if (images_.size() >= kImages) images_.clear();
  return images_.emplace(process, members([&](Writer& json) { write_process(json, *process); }))
      .first->second;
}

void JsonWriter::add_process(std::string& line, const Shown& shown, const BinaryProperties* properties) {
  line.append("{").append(members_of(shown.process));
  if (shown.refcnt != 0) line.append(",\"refcnt\":").append(std::to_string(shown.refcnt));
  if (shown.tid) line.append(",\"tid\":").append(std::to_string(*shown.tid));
  if (properties)
    line.append(",").append(members([&](Writer& json) { write_binary_properties(json, *properties); }));
  line += '}';
}

std::string JsonWriter::line(const Event& event) {
  std::string_view name =
      std::visit([](const auto& payload) { return payload_name(payload); }, event.payload);
  std::string line;
  line.reserve(1024);
  line.append("{\"").append(name).append("\":{\"process\":");
  add_process(line, event.process, properties_of(event));
  if (event.parent) {
    line += ",\"parent\":";
    add_process(line, *event.parent, nullptr);
  }
  for (const Shown& ancestor : event.ancestors) {
    line += &ancestor == event.ancestors.data() ? ",\"ancestors\":[" : ",";
    add_process(line, ancestor, nullptr);
  }
  if (!event.ancestors.empty()) line += ']';
  std::string payload = members([&](Writer& json) {
    std::visit([&](const auto& any) { write_payload(json, event, any); }, event.payload);
  });
  if (!payload.empty()) line.append(",").append(payload);
  line += "},";
  line += members([&](Writer& json) {
    json.member("node_name", node_.name);
    json.member("time", rfc3339(event.time));
    json.member("cluster_name", node_.cluster);
  });
  line += '}';
  return line;
}

std::string to_json(const Event& event, const Node& node) { return JsonWriter(node).line(event); }

}  // namespace tripline
