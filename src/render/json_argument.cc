// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <string_view>

#include "event/text.h"
#include "render/api_names.h"
#include "render/json_out.h"

namespace tripline {
namespace {

void write_capability_set(JsonOut& json, std::string_view name, uint64_t set) {
  if (set == 0) return;
  json.array(name);
  for (uint32_t number = 0; number < 64; number++) {
    if (!(set >> number & 1)) continue;
    json.named(capability_name(number), static_cast<int32_t>(number));
  }
  json.end_array();
}

void write_user_namespace(JsonOut& json, std::string_view name, const UserNamespace& ns) {
  json.object(name);
  json.set_member("level", ns.level);
  json.set_member("uid", ns.uid);
  json.set_member("gid", ns.gid);
  json.object("ns");
  json.member("inum", ns.ns.inum);
  if (ns.ns.is_host) json.set_member("is_host", true);
  json.end();
  json.end();
}

void write(JsonOut& json, const IntArg& arg) { json.set_member("int_arg", arg.value); }
void write(JsonOut& json, const UintArg& arg) { json.set_member("uint_arg", arg.value); }
void write(JsonOut& json, const LongArg& arg) { json.set_member64("long_arg", arg.value); }
void write(JsonOut& json, const SizeArg& arg) { json.set_member64("size_arg", arg.value); }
void write(JsonOut& json, const StringArg& arg) { json.set_member("string_arg", arg.value); }
void write(JsonOut& json, const BytesArg& arg) { json.set_member("bytes_arg", base64(arg.value)); }

void write(JsonOut& json, const TruncatedBytesArg& arg) {
  json.object("truncated_bytes_arg");
  json.member("bytes_arg", base64(arg.value));
  json.member64("orig_size", arg.orig_size);
  json.end();
}

constexpr const char* file_member(FileKind kind) {
  switch (kind) {
    case FileKind::kFile:
      return "file_arg";
    case FileKind::kPath:
      return "path_arg";
    case FileKind::kLinuxBinprm:
      return "linux_binprm_arg";
  }
  return "";
}

template <FileKind kind>
void write(JsonOut& json, const FileLikeArg<kind>& arg) {
  json.object(file_member(kind));
  json.member("path", arg.path);
  json.member("flags", arg.flags);
  json.member("permission", arg.permission);
  json.end();
}

void write(JsonOut& json, const SockArg& arg) {
  json.object("sock_arg");
  json.member("family", arg.family);
  json.member("type", arg.type);
  json.member("protocol", arg.protocol);
  json.member("mark", arg.mark);
  json.member("priority", arg.priority);
  json.member("saddr", arg.saddr);
  json.member("daddr", arg.daddr);
  json.member("sport", arg.sport);
  json.member("dport", arg.dport);
  json.member64("cookie", arg.cookie);
  json.member("state", arg.state);
  json.end();
}

void write(JsonOut& json, const SkbArg& arg) {
  json.object("skb_arg");
  json.member("hash", arg.hash);
  json.member("len", arg.len);
  json.member("priority", arg.priority);
  json.member("mark", arg.mark);
  json.member("saddr", arg.saddr);
  json.member("daddr", arg.daddr);
  json.member("sport", arg.sport);
  json.member("dport", arg.dport);
  json.member("proto", arg.proto);
  json.member("sec_path_len", arg.sec_path_len);
  json.member("sec_path_olen", arg.sec_path_olen);
  json.member("protocol", arg.protocol);
  json.member("family", arg.family);
  json.end();
}

void write(JsonOut& json, const SockaddrArg& arg) {
  json.object("sockaddr_arg");
  json.member("family", arg.family);
  json.member("addr", arg.addr);
  json.member("port", arg.port);
  json.end();
}

void write(JsonOut& json, const SockaddrUnArg& arg) {
  json.object("sockaddrun_arg");
  json.member("family", arg.family);
  json.member("path", arg.path);
  json.end();
}

void write(JsonOut& json, const UserNsArg& arg) { write_user_namespace(json, "user_ns_arg", arg.value); }

void write(JsonOut& json, const ProcessCredentialsArg& arg) {
  json.object("process_credentials_arg");
  write_credential_members(json, arg.credentials);
  write_capabilities(json, "caps", arg.caps);
  write_user_namespace(json, "user_ns", arg.user_ns);
  json.end();
}

void write(JsonOut& json, const CapabilityArg& arg) {
  json.object("capability_arg");
  json.set_member("value", arg.value);
  json.member("name", capability_name(static_cast<uint32_t>(arg.value)));
  json.end();
}

void write(JsonOut& json, const CapabilitySetArg& arg) {
  constexpr const char* kMembers[] = {"kernel_cap_t_arg", "cap_inheritable_arg", "cap_permitted_arg",
                                      "cap_effective_arg"};
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(arg.set >> shift);
  json.set_member(kMembers[static_cast<size_t>(arg.kind)], hex_text(bytes));
}

void write(JsonOut& json, const BpfCmdArg& arg) {
  json.set_named("bpf_cmd_arg", bpf_cmd_name(static_cast<uint32_t>(arg.value)), arg.value);
}

template <BpfProgKind kind>
void write(JsonOut& json, const BpfProgLikeArg<kind>& arg) {
  json.object(kind == BpfProgKind::kAttr ? "bpf_attr_arg" : "bpf_prog_arg");
  json.member("ProgType", arg.prog_type);
  json.member("InsnCnt", arg.insn_cnt);
  json.member("ProgName", arg.prog_name);
  json.end();
}

void write(JsonOut& json, const BpfMapArg& arg) {
  json.object("bpf_map_arg");
  json.member("MapType", arg.map_type);
  json.member("KeySize", arg.key_size);
  json.member("ValueSize", arg.value_size);
  json.member("MaxEntries", arg.max_entries);
  json.member("MapName", arg.map_name);
  json.end();
}

void write(JsonOut& json, const PerfEventArg& arg) {
  json.object("perf_event_arg");
  json.member("KprobeFunc", arg.kprobe_func);
  json.member("Type", arg.type);
  json.member64("Config", arg.config);
  json.member64("ProbeOffset", arg.probe_offset);
  json.end();
}

void write(JsonOut& json, const ModuleArg& arg) {
  json.object("module_arg");
  json.member("name", arg.name);
  json.set_member("signature_ok", arg.signature_ok);
  bool open = false;
  for (uint32_t bit = 0; bit < 64; bit++) {
    std::string_view name = arg.taints >> bit & 1 ? taint_name(bit) : std::string_view{};
    if (name.empty()) continue;
    if (!open) json.array("tainted");
    open = true;
    json.text(name);
  }
  if (open) json.end_array();
  json.end();
}

void write(JsonOut& json, const SyscallIdArg& arg) {
  json.object("syscall_id");
  json.member("id", arg.id);
  json.member("abi", arg.abi);
  json.end();
}

void write(JsonOut& json, const ErrorArg& arg) {
  json.object("error_arg");
  json.member("Message", arg.message);
  json.end();
}

void write_members(JsonOut& json, const Argument& arg) {
  std::visit([&](const auto& value) { write(json, value); }, arg.value);
  json.member("label", arg.label);
}

}  // namespace

void write_capabilities(JsonOut& json, std::string_view name, const Capabilities& cap) {
  json.object(name);
  write_capability_set(json, "permitted", cap.permitted);
  write_capability_set(json, "effective", cap.effective);
  write_capability_set(json, "inheritable", cap.inheritable);
  json.end();
}

void write_credential_members(JsonOut& json, const Credentials& credentials) {
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
      if (credentials.securebits >> bit & 1)
        json.named(securebit_name(bit), static_cast<int32_t>(uint32_t{1} << bit));
    json.end_array();
  }
}

void write_argument(JsonOut& json, std::string_view name, const Argument& arg) {
  json.object(name);
  write_members(json, arg);
  json.end();
}

void write_arguments(JsonOut& json, std::string_view name, const std::vector<Argument>& args) {
  if (args.empty()) return;
  json.array(name);
  for (const Argument& arg : args) {
    json.start();
    write_members(json, arg);
    json.end();
  }
  json.end_array();
}

}  // namespace tripline
