// SPDX-License-Identifier: Apache-2.0
#include "render/read_event.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "render/api_names.h"
#include "render/json_value.h"

namespace tripline::test {
namespace {

using Json = JsonValue;

const std::string& text(const Json& json) { return std::get<std::string>(json.value); }
const Json::Array& elements(const Json& json) { return std::get<Json::Array>(json.value); }
const Json::Object& members_of(const Json& json) { return std::get<Json::Object>(json.value); }
bool is_text(const Json& json) { return std::holds_alternative<std::string>(json.value); }
bool is_object(const Json& json) { return std::holds_alternative<Json::Object>(json.value); }

template <typename T>
T number(const Json& json) {
  if (is_text(json)) {
    if (text(json) == "N") return static_cast<T>(kHidden);
    return static_cast<T>(text(json).starts_with('-') ? std::stoll(text(json)) : std::stoull(text(json)));
  }
  if (const auto* number = std::get_if<uint64_t>(&json.value)) return static_cast<T>(*number);
  return static_cast<T>(std::get<int64_t>(json.value));
}

std::string from_base64(std::string_view digits) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t group = 0;
  int bits = 0;
  for (char digit : digits.substr(0, digits.find('='))) {
    group = group << 6 | static_cast<uint32_t>(kDigits.find(digit));
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>(group >> (bits -= 8) & 0xff);
  }
  return bytes;
}

// Reads an object whose members are all among those given.
using Member = std::function<void(const Json&)>;
using Members = std::map<std::string, Member, std::less<>>;

void read_object(const Json& json, const Members& members) {
  ASSERT_TRUE(is_object(json));
  for (const auto& [name, value] : members_of(json)) {
    auto found = members.find(name);
    if (found == members.end())
      ADD_FAILURE() << "unknown member " << name;
    else
      found->second(value);
  }
}

Member into(std::string& out) {
  return [&](const Json& json) { out = text(json); };
}
template <typename T>
  requires std::is_arithmetic_v<T>
Member into(T& out) {
  return [&](const Json& json) { out = number<T>(json); };
}
Member into(SharedText& out) {
  return [&](const Json& json) { out = text(json); };
}
Member into(bool& out) {
  return [&](const Json& json) { out = std::get<bool>(json.value); };
}
template <typename T>
Member into(std::optional<T>& out) {
  return [&](const Json& json) { into(out.emplace())(json); };
}
Member into(std::vector<std::string>& out) {
  return [&](const Json& json) {
    for (const Json& element : elements(json)) out.push_back(text(element));
  };
}

// A list of names or of numbers, as the set of their bits.
uint64_t bits(const Json& json, std::string_view (*name)(uint32_t)) {
  uint64_t set = 0;
  for (const Json& element : elements(json)) {
    uint32_t bit = 0;
    while (bit < 64 && !(is_text(element) ? name(bit) == text(element) : number<uint32_t>(element) == bit))
      bit++;
    EXPECT_LT(bit, 64u);
    set |= uint64_t{1} << bit;
  }
  return set;
}

Member into_capabilities(Capabilities& out) {
  return [&](const Json& json) {
    read_object(json,
                {{"permitted", [&](const Json& set) { out.permitted = bits(set, capability_name); }},
                 {"effective", [&](const Json& set) { out.effective = bits(set, capability_name); }},
                 {"inheritable", [&](const Json& set) { out.inheritable = bits(set, capability_name); }}});
  };
}

Member into_namespace(NamespaceId& out) {
  return [&](const Json& json) {
    read_object(json, {{"inum", into(out.inum)}, {"is_host", into(out.is_host)}});
  };
}

Member into_user_namespace(UserNamespace& out) {
  return [&](const Json& json) {
    read_object(json, {{"level", into(out.level)},
                       {"uid", into(out.uid)},
                       {"gid", into(out.gid)},
                       {"ns", into_namespace(out.ns)}});
  };
}

Members credential_members(Credentials& out) {
  return {{"uid", into(out.uid)},
          {"gid", into(out.gid)},
          {"euid", into(out.euid)},
          {"egid", into(out.egid)},
          {"suid", into(out.suid)},
          {"sgid", into(out.sgid)},
          {"fsuid", into(out.fsuid)},
          {"fsgid", into(out.fsgid)},
          {"securebits",
           [&](const Json& set) { out.securebits = static_cast<uint32_t>(bits(set, securebit_name)); }}};
}

template <FileKind kind>
FileLikeArg<kind> file_of(const Json& json) {
  FileLikeArg<kind> arg;
  read_object(json,
              {{"path", into(arg.path)}, {"flags", into(arg.flags)}, {"permission", into(arg.permission)}});
  return arg;
}

SockArg sock_of(const Json& json) {
  SockArg arg;
  read_object(json, {{"family", into(arg.family)},
                     {"type", into(arg.type)},
                     {"protocol", into(arg.protocol)},
                     {"mark", into(arg.mark)},
                     {"priority", into(arg.priority)},
                     {"saddr", into(arg.saddr)},
                     {"daddr", into(arg.daddr)},
                     {"sport", into(arg.sport)},
                     {"dport", into(arg.dport)},
                     {"cookie", into(arg.cookie)},
                     {"state", into(arg.state)}});
  return arg;
}

SkbArg skb_of(const Json& json) {
  SkbArg arg;
  read_object(json, {{"hash", into(arg.hash)},
                     {"len", into(arg.len)},
                     {"priority", into(arg.priority)},
                     {"mark", into(arg.mark)},
                     {"saddr", into(arg.saddr)},
                     {"daddr", into(arg.daddr)},
                     {"sport", into(arg.sport)},
                     {"dport", into(arg.dport)},
                     {"proto", into(arg.proto)},
                     {"sec_path_len", into(arg.sec_path_len)},
                     {"sec_path_olen", into(arg.sec_path_olen)},
                     {"protocol", into(arg.protocol)},
                     {"family", into(arg.family)}});
  return arg;
}

template <BpfProgKind kind>
BpfProgLikeArg<kind> program_of(const Json& json) {
  BpfProgLikeArg<kind> arg;
  read_object(json, {{"ProgType", into(arg.prog_type)},
                     {"InsnCnt", into(arg.insn_cnt)},
                     {"ProgName", into(arg.prog_name)}});
  return arg;
}

BpfMapArg map_of(const Json& json) {
  BpfMapArg arg;
  read_object(json, {{"MapType", into(arg.map_type)},
                     {"KeySize", into(arg.key_size)},
                     {"ValueSize", into(arg.value_size)},
                     {"MaxEntries", into(arg.max_entries)},
                     {"MapName", into(arg.map_name)}});
  return arg;
}

PerfEventArg perf_event_of(const Json& json) {
  PerfEventArg arg;
  read_object(json, {{"KprobeFunc", into(arg.kprobe_func)},
                     {"Type", into(arg.type)},
                     {"Config", into(arg.config)},
                     {"ProbeOffset", into(arg.probe_offset)}});
  return arg;
}

ModuleArg module_of(const Json& json) {
  ModuleArg arg;
  read_object(json, {{"name", into(arg.name)},
                     {"signature_ok", into(arg.signature_ok)},
                     {"tainted", [&](const Json& set) { arg.taints = bits(set, taint_name); }}});
  return arg;
}

ProcessCredentialsArg credentials_of(const Json& json) {
  ProcessCredentialsArg arg;
  Members members = credential_members(arg.credentials);
  members["caps"] = into_capabilities(arg.caps);
  members["user_ns"] = into_user_namespace(arg.user_ns);
  read_object(json, members);
  return arg;
}

ArgumentValue simple_value(const std::string& name, const Json& json) {
  if (name == "int_arg") return IntArg{number<int32_t>(json)};
  if (name == "uint_arg") return UintArg{number<uint32_t>(json)};
  if (name == "long_arg") return LongArg{number<int64_t>(json)};
  if (name == "size_arg") return SizeArg{number<uint64_t>(json)};
  if (name == "string_arg") return StringArg{text(json)};
  if (name == "bytes_arg") return BytesArg{from_base64(text(json))};
  if (name == "bpf_cmd_arg") {
    int32_t command = 0;
    while (command < 64 && bpf_cmd_name(static_cast<uint32_t>(command)) != text(json)) command++;
    return BpfCmdArg{command};
  }
  constexpr std::array<std::string_view, 4> kSets = {"kernel_cap_t_arg", "cap_inheritable_arg",
                                                     "cap_permitted_arg", "cap_effective_arg"};
  for (size_t kind = 0; kind < kSets.size(); kind++)
    if (name == kSets[kind])
      return CapabilitySetArg{static_cast<CapabilitySet>(kind), std::stoull(text(json), nullptr, 16)};
  ADD_FAILURE() << "unknown argument " << name;
  return {};
}

ArgumentValue value_of(const std::string& name, const Json& json) {
  if (!is_object(json)) return simple_value(name, json);
  if (name == "file_arg") return file_of<FileKind::kFile>(json);
  if (name == "path_arg") return file_of<FileKind::kPath>(json);
  if (name == "linux_binprm_arg") return file_of<FileKind::kLinuxBinprm>(json);
  if (name == "sock_arg") return sock_of(json);
  if (name == "skb_arg") return skb_of(json);
  if (name == "bpf_attr_arg") return program_of<BpfProgKind::kAttr>(json);
  if (name == "bpf_prog_arg") return program_of<BpfProgKind::kProg>(json);
  if (name == "bpf_map_arg") return map_of(json);
  if (name == "perf_event_arg") return perf_event_of(json);
  if (name == "module_arg") return module_of(json);
  if (name == "process_credentials_arg") return credentials_of(json);
  if (name == "user_ns_arg") {
    UserNsArg arg;
    into_user_namespace(arg.value)(json);
    return arg;
  }
  if (name == "truncated_bytes_arg") {
    TruncatedBytesArg arg;
    read_object(json, {{"bytes_arg", [&](const Json& bytes) { arg.value = from_base64(text(bytes)); }},
                       {"orig_size", into(arg.orig_size)}});
    return arg;
  }
  if (name == "sockaddr_arg") {
    SockaddrArg arg;
    read_object(json, {{"family", into(arg.family)}, {"addr", into(arg.addr)}, {"port", into(arg.port)}});
    return arg;
  }
  if (name == "sockaddrun_arg") {
    SockaddrUnArg arg;
    read_object(json, {{"family", into(arg.family)}, {"path", into(arg.path)}});
    return arg;
  }
  if (name == "capability_arg") {
    CapabilityArg arg;
    read_object(json, {{"value", into(arg.value)}, {"name", [](const Json&) {}}});
    return arg;
  }
  if (name == "syscall_id") {
    SyscallIdArg arg;
    read_object(json, {{"id", into(arg.id)}, {"abi", into(arg.abi)}});
    return arg;
  }
  ErrorArg arg;
  if (name != "error_arg") ADD_FAILURE() << "unknown argument " << name;
  read_object(json, {{"Message", into(arg.message)}});
  return arg;
}

Argument argument_of(const Json& json) {
  Argument arg;
  for (const auto& [name, value] : members_of(json)) {
    if (name == "label")
      arg.label = text(value);
    else
      arg.value = value_of(name, value);
  }
  return arg;
}

Member into(std::vector<Argument>& out) {
  return [&](const Json& json) {
    for (const Json& element : elements(json)) out.push_back(argument_of(element));
  };
}

Member into(Action& out) {
  return [&](const Json& json) {
    for (uint8_t action = 0; action <= static_cast<uint8_t>(Action::kSet); action++)
      if (action_name(static_cast<Action>(action)) == text(json)) out = static_cast<Action>(action);
  };
}

// A recording says no more of a stack than that it is there; so does this.
Member into(std::vector<StackFrame>& out) {
  return [&](const Json& /*json*/) { out = {{.offset = 1, .symbol = "PRESENT"}}; };
}

// What is shown of a process, and in exec events of its file.
struct Image {
  Process process;
  std::optional<uint32_t> tid;
  std::optional<BinaryProperties> properties;
};

Member into_properties(std::optional<BinaryProperties>& out) {
  return [&](const Json& json) {
    BinaryProperties& properties = out.emplace();
    auto read_inode = [&](const Json& inode) {
      auto& found = properties.inode.emplace(BinaryProperties::Inode{});
      read_object(inode, {{"number", into(found.number)}, {"links", into(found.links)}});
    };
    read_object(json, {{"setuid", into(properties.setuid)},
                       {"setgid", into(properties.setgid)},
                       {"privileges_changed",
                        [&](const Json& list) {
                          for (const Json& element : elements(list)) {
                            std::string name = text(element);
                            if (name.ends_with("_CAP")) properties.raised_by_file_caps = true;
                            if (name.ends_with("_SETUID")) properties.raised_by_setuid = true;
                            if (name.ends_with("_SETGID")) properties.raised_by_setgid = true;
                          }
                        }},
                       {"file", [&](const Json& file) { read_object(file, {{"inode", read_inode}}); }}});
  };
}

Member into(Image& out) {
  return [&](const Json& json) {
    Process& process = out.process;
    read_object(
        json,
        {{"exec_id", into(process.exec_id)},
         {"pid", into(process.pid)},
         {"tid", into(out.tid)},
         {"uid", into(process.uid)},
         {"auid", into(process.auid)},
         {"cwd", into(process.cwd)},
         {"binary", into(process.binary)},
         {"arguments", into(process.arguments)},
         {"flags", into(process.flags)},
         {"start_time", [](const Json&) {}},
         {"parent_exec_id", into(process.parent_exec_id)},
         {"in_init_tree", into(process.in_init_tree)},
         {"cap", [&](const Json& cap) { into_capabilities(process.cap.emplace())(cap); }},
         {"process_credentials",
          [&](const Json& all) { read_object(all, credential_members(process.credentials.emplace())); }},
         {"ns",
          [&](const Json& all) {
            Namespaces& ns = process.ns.emplace();
            Members members;
#define TRIPLINE_READ_NAMESPACE(name) members[#name] = into_namespace(ns.name);
            TRIPLINE_NAMESPACES(TRIPLINE_READ_NAMESPACE)
#undef TRIPLINE_READ_NAMESPACE
            read_object(all, members);
          }},
         {"user", [&](const Json& user) { read_object(user, {{"name", into(process.user.emplace())}}); }},
         {"binary_properties", into_properties(out.properties)}});
  };
}

void read_payload(Payload& payload, const Json& json, Members members) {
  std::visit(
      [&]<typename T>(T& out) {
        if constexpr (std::is_same_v<T, ProcessExit>) {
          members["signal"] = into(out.signal);
          members["status"] = into(out.status);
          members["time"] = [](const Json&) {};
        }
        if constexpr (requires { out.policy; }) {
          members["args"] = into(out.args);
          members["action"] = into(out.action);
          members["policy_name"] = into(out.policy);
          members["message"] = into(out.message);
          members["tags"] = into(out.tags);
        }
        if constexpr (requires { out.function; }) members["function_name"] = into(out.function);
        if constexpr (std::is_same_v<T, ProcessKprobe>) {
          members["data"] = into(out.data);
          members["return"] = [&](const Json& value) { out.returned = argument_of(value); };
          members["return_action"] = into(out.return_action);
          members["kernel_stack_trace"] = into(out.kernel_stack);
          members["user_stack_trace"] = into(out.user_stack);
        }
        if constexpr (std::is_same_v<T, ProcessTracepoint>) {
          members["subsys"] = into(out.subsys);
          members["event"] = into(out.event);
        }
        if constexpr (std::is_same_v<T, ProcessLsm>) members["ima_hash"] = into(out.ima_hash);
        read_object(json, members);
      },
      payload);
}

std::optional<Payload> payload_named(const std::string& name) {
  if (name == "process_exec") return ProcessExec{};
  if (name == "process_exit") return ProcessExit{};
  if (name == "process_kprobe") return ProcessKprobe{};
  if (name == "process_tracepoint") return ProcessTracepoint{};
  if (name == "process_lsm") return ProcessLsm{};
  return std::nullopt;
}

}  // namespace

std::optional<Event> read_event(const std::string& line) {
  const std::optional<Json> document = JsonReader::read(line);
  if (!document || !is_object(*document)) return std::nullopt;
  for (const auto& [name, json] : members_of(*document)) {
    auto payload = payload_named(name);
    if (!payload) continue;
    Event event;
    event.payload = std::move(*payload);
    Image process, parent;
    Members members{{"process", into(process)},
                    {"parent",
                     [&](const Json& shown) {
                       if (is_text(shown))
                         parent.process.exec_id = text(shown);
                       else
                         into(parent)(shown);
                     }},
                    {"ancestors", [&](const Json& list) {
                       for (const Json& id : elements(list))
                         event.ancestors.push_back(
                             {std::make_shared<const Process>(Process{.exec_id = text(id)}), {}, 0});
                     }}};
    read_payload(event.payload, json, std::move(members));
    event.process = {std::make_shared<const Process>(process.process), process.tid, 0};
    if (auto* exec = std::get_if<ProcessExec>(&event.payload)) exec->binary_properties = process.properties;
    if (!parent.process.exec_id.empty())
      event.parent = {std::make_shared<const Process>(parent.process), std::nullopt, 0};
    return event;
  }
  return std::nullopt;
}

}  // namespace tripline::test
