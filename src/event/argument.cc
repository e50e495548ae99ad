// SPDX-License-Identifier: Apache-2.0
#include "event/argument.h"

#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "event/kernel_names.h"
#include "event/text.h"

namespace tripline {
namespace {

std::optional<ArgumentValue> error_of(uint32_t status) {
  switch (status) {
    case TL_VALUE_OK:
      return std::nullopt;
    case TL_VALUE_BUFFER_FAULT:
      return BytesArg{"CharBufErrorPageFault"};
    case TL_VALUE_BUFFER_TOO_LARGE:
      return BytesArg{"CharBufErrorBufTooLarge"};
    default:
      break;
  }
  if (status < TL_VALUE_BAD_STEP) return ErrorArg{"Bad address for basic type"};
  return ErrorArg{"Bad address encountered during resolve dereference at depth " +
                  std::to_string(status - TL_VALUE_BAD_STEP)};
}

template <size_t size>
std::string name_of(const uint8_t (&bytes)[size]) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  return to_valid_utf8(text.substr(0, text.find('\0')));
}

UserNamespace user_namespace_of(const tl_user_namespace& ns) {
  return {static_cast<int32_t>(ns.level), ns.uid, ns.gid, {ns.inum, ns.level == 0}};
}

// Makes the value of a field of `type` out of its layout.
struct ValueMaker {
  const Field& field;
  std::string_view bytes;
  EventKind kind;

  [[nodiscard]] std::string family(uint32_t number) const {
    return kind == EventKind::kTracepoint ? short_family_text(number) : family_text(number);
  }

  ArgumentValue operator()(const tl_field& /*text*/) const { return StringArg{to_valid_utf8(bytes)}; }

  ArgumentValue operator()(const tl_number& number) const {
    const uint64_t value = number.number;
    switch (field.type) {
      case FieldType::kUint:
        return UintArg{static_cast<uint32_t>(value)};
      case FieldType::kLong:
        return LongArg{static_cast<int64_t>(value)};
      case FieldType::kSize:
        return SizeArg{value};
      case FieldType::kBpfCmd:
        return BpfCmdArg{static_cast<int32_t>(value)};
      case FieldType::kCapability:
        return CapabilityArg{static_cast<int32_t>(value)};
      case FieldType::kSyscallId:
        return syscall_of(value);
      case FieldType::kKernelCapT:
        return CapabilitySetArg{CapabilitySet::kKernelCapT, value};
      case FieldType::kCapInheritable:
        return CapabilitySetArg{CapabilitySet::kInheritable, value};
      case FieldType::kCapPermitted:
        return CapabilitySetArg{CapabilitySet::kPermitted, value};
      case FieldType::kCapEffective:
        return CapabilitySetArg{CapabilitySet::kEffective, value};
      default:
        return IntArg{static_cast<int32_t>(value)};
    }
  }

  // Bit 31 stands for the 32-bit system calls of an x86-64 kernel.
  static ArgumentValue syscall_of(uint64_t value) {
    constexpr uint64_t kCompat = uint64_t{1} << 31;
    return SyscallIdArg{static_cast<uint32_t>(value & ~kCompat), value & kCompat ? "i386" : "x64"};
  }

  ArgumentValue operator()(const tl_bytes& all) const {
    if (all.whole > bytes.size()) return TruncatedBytesArg{std::string(bytes), all.whole};
    return BytesArg{std::string(bytes)};
  }

  template <typename Kind>
  [[nodiscard]] ArgumentValue file_like(const tl_path& file) const {
    return ArgumentValue(std::in_place_type<Kind>, to_valid_utf8(bytes),
                         file.flags & TL_PATH_FLAG_UNRESOLVED ? "unresolvedPathComponents" : "",
                         permission_text(file.flags & TL_PATH_FLAG_NO_INODE ? 0 : file.mode));
  }

  ArgumentValue operator()(const tl_path& file) const {
    if (field.type == FieldType::kPath) return file_like<PathArg>(file);
    if (field.type == FieldType::kLinuxBinprm) return file_like<LinuxBinprmArg>(file);
    return file_like<FileArg>(file);
  }

  ArgumentValue operator()(const tl_sock& sock) const {
    return SockArg{.family = family(sock.family),
                   .type = socket_type_text(sock.type),
                   .protocol = ip_protocol_text(sock.protocol),
                   .mark = sock.mark,
                   .priority = sock.priority,
                   .saddr = address_text(sock.family, sock.local.bytes),
                   .daddr = address_text(sock.family, sock.remote.bytes),
                   .sport = sock.local_port,
                   .dport = sock.remote_port,
                   .cookie = sock.cookie,
                   .state = tcp_state_text(sock.state)};
  }

  ArgumentValue operator()(const tl_skb& skb) const {
    const bool parsed = skb.family != 0;
    return SkbArg{.hash = skb.hash,
                  .len = skb.len,
                  .priority = skb.priority,
                  .mark = skb.mark,
                  .saddr = address_text(skb.family, skb.source.bytes),
                  .daddr = address_text(skb.family, skb.destination.bytes),
                  .sport = skb.source_port,
                  .dport = skb.destination_port,
                  .proto = skb.protocol,
                  .sec_path_len = skb.sec_path_len,
                  .sec_path_olen = skb.sec_path_olen,
                  .protocol = parsed ? ip_protocol_text(skb.protocol) : "",
                  .family = parsed ? family(skb.family) : ""};
  }

  ArgumentValue operator()(const tl_sockaddr& address) const {
    return SockaddrArg{family(address.family), address_text(address.family, address.address.bytes),
                       address.port};
  }

  ArgumentValue operator()(const tl_sockaddr_un& address) const {
    std::string path;
    if (address.is_abstract) path = "@";
    for (char byte : bytes)
      if (byte != '\0') path += byte;
    return SockaddrUnArg{short_family_text(address.family), to_valid_utf8(path)};
  }

  ArgumentValue operator()(const tl_cred_value& value) const {
    const tl_cred& cred = value.cred;
    return ProcessCredentialsArg{{cred.uid, cred.gid, cred.euid, cred.egid, cred.suid, cred.sgid, cred.fsuid,
                                  cred.fsgid, cred.securebits},
                                 {cred.permitted, cred.effective, cred.inheritable},
                                 user_namespace_of(value.ns)};
  }

  ArgumentValue operator()(const tl_user_namespace_value& value) const {
    return UserNsArg{user_namespace_of(value.ns)};
  }

  ArgumentValue operator()(const tl_bpf_prog& prog) const {
    std::string type = bpf_prog_type_text(prog.type);
    if (field.type == FieldType::kBpfAttr)
      return BpfAttrArg{std::move(type), prog.instructions, name_of(prog.name)};
    return BpfProgArg{std::move(type), prog.instructions, name_of(prog.name)};
  }

  ArgumentValue operator()(const tl_bpf_map& map) const {
    return BpfMapArg{bpf_map_type_text(map.type), map.key_size, map.value_size, map.max_entries,
                     name_of(map.name)};
  }

  ArgumentValue operator()(const tl_perf_event& event) const {
    return PerfEventArg{to_valid_utf8(bytes), perf_type_text(event.type), event.config, event.probe_offset};
  }

  ArgumentValue operator()(const tl_module& module) const {
    ModuleArg arg{.name = to_valid_utf8(bytes), .signature_ok = std::nullopt, .taints = module.taints};
    if (field.type == FieldType::kLoadInfo) arg.signature_ok = module.signature_ok != 0;
    return arg;
  }

  // No arguments: append_arguments never asks.
  ArgumentValue operator()(const tl_ima_hash& /*hash*/) const { return ErrorArg{}; }
  ArgumentValue operator()(const tl_build_id& /*id*/) const { return ErrorArg{}; }
  ArgumentValue operator()(const tl_owner& /*owner*/) const { return ErrorArg{}; }
};

// Makes the value where it is converted to one: in the list that it is for.
struct Value {
  const ValueMaker& make;
  const FieldValue& from;
  // NOLINTNEXTLINE(google-explicit-constructor): that is what it is for
  operator ArgumentValue() const { return std::visit(make, from.fixed); }
};

bool is_argument(FieldType type) {
  return type != FieldType::kKernelStack && type != FieldType::kUserStack && type != FieldType::kImaHash &&
         type != FieldType::kBuildId && type != FieldType::kOwner;
}

}  // namespace

void append_arguments(std::vector<Argument>& args, const Field& field, const FieldValue& value,
                      EventKind kind) {
  if (!is_argument(field.type)) return;
  static const std::string kNoLabel;
  const std::string& label = kind == EventKind::kTracepoint ? kNoLabel : field.label;
  if (auto error = error_of(value.status)) {
    args.push_back({std::move(*error), kind == EventKind::kUprobe ? kNoLabel : label});
  } else if (field.type == FieldType::kLongs) {
    for (size_t at = 0; at + sizeof(uint64_t) <= value.bytes.size(); at += sizeof(uint64_t)) {
      uint64_t number;
      std::memcpy(&number, value.bytes.data() + at, sizeof(number));
      args.push_back({SizeArg{number}, label});
    }
  } else {
    args.emplace_back(Value{ValueMaker{field, value.bytes, kind}, value}, label);
  }
}

std::string ima_hash_text(const FieldValue& value) {
  const auto* hash = std::get_if<tl_ima_hash>(&value.fixed);
  if (!hash || value.status != TL_VALUE_OK || value.bytes.empty()) return {};
  return hash_algorithm_text(hash->algorithm) + ":" + hex_text(value.bytes);
}

}  // namespace tripline
