// SPDX-License-Identifier: Apache-2.0
#include "policy/tiny_kernel.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "policy/words.h"

namespace tripline {
namespace {

// Writes raw BTF, type by type.
class BtfWriter {
 public:
  using Parameters = std::vector<std::pair<std::string, uint32_t>>;

  uint32_t integer(const std::string& name, uint32_t size, bool is_signed) {
    const uint32_t id = begin(name, 1, 0, size);
    put((is_signed ? 1U << 24 : 0U) | size * 8);
    return id;
  }
  uint32_t pointer(uint32_t to) { return begin("", 2, 0, to); }
  uint32_t structure(const std::string& name, uint32_t size) { return begin(name, 4, 0, size); }
  struct Member {
    std::string name;
    uint32_t type;
    uint32_t offset;  // bytes
  };
  uint32_t structure(const std::string& name, uint32_t size, const std::vector<Member>& members) {
    const uint32_t id = begin(name, 4, static_cast<uint32_t>(members.size()), size);
    for (const Member& member : members) {
      put(text(member.name));
      put(member.type);
      put(member.offset * 8);
    }
    return id;
  }
  uint32_t enumeration(const std::string& name, const std::string& only) {
    const uint32_t id = begin(name, 6, 1, 4);
    put(text(only));
    put(0);
    return id;
  }
  uint32_t alias(const std::string& name, uint32_t of) { return begin(name, 8, 0, of); }
  uint32_t constant(uint32_t of) { return begin("", 10, 0, of); }
  void function(const std::string& name, uint32_t result, const Parameters& parameters) {
    begin(name, 12, 1, prototype(result, parameters));
  }
  void raw_tracepoint(const std::string& name, Parameters parameters) {
    parameters.insert(parameters.begin(), {"__data", pointer(0)});
    alias("btf_trace_" + name, pointer(prototype(0, parameters)));
  }

  [[nodiscard]] std::vector<std::byte> bytes() const {
    const auto types_size = static_cast<uint32_t>(types_.size() * 4);
    const uint32_t header[6] = {0x0001eb9f, 24,         0,
                                types_size, types_size, static_cast<uint32_t>(strings_.size())};
    std::vector<std::byte> out(sizeof header + types_size + strings_.size());
    std::memcpy(out.data(), header, sizeof header);
    std::memcpy(out.data() + sizeof header, types_.data(), types_size);
    std::memcpy(out.data() + sizeof header + types_size, strings_.data(), strings_.size());
    return out;
  }

 private:
  uint32_t prototype(uint32_t result, const Parameters& parameters) {
    const uint32_t id = begin("", 13, static_cast<uint32_t>(parameters.size()), result);
    for (const auto& [parameter, type] : parameters) {
      put(text(parameter));
      put(type);
    }
    return id;
  }
  uint32_t text(const std::string& text) {
    if (text.empty()) return 0;
    const auto at = static_cast<uint32_t>(strings_.size());
    strings_ += text + '\0';
    return at;
  }
  void put(uint32_t word) { types_.push_back(word); }
  uint32_t begin(const std::string& name, uint32_t kind, uint32_t count, uint32_t size_or_type) {
    put(text(name));
    put(kind << 24 | count);
    put(size_or_type);
    return ++last_;
  }

  std::vector<uint32_t> types_;
  std::string strings_ = std::string(1, '\0');
  uint32_t last_ = 0;
};

std::vector<std::byte> tiny_btf() {
  BtfWriter btf;
  const uint32_t int_type = btf.integer("int", 4, true);
  const uint32_t unsigned_int = btf.integer("unsigned int", 4, false);
  const uint32_t long_type = btf.integer("long", 8, true);
  const uint32_t unsigned_long = btf.integer("unsigned long", 8, false);
  const uint32_t char_type = btf.integer("char", 1, true);
  const uint32_t long_long = btf.integer("long long", 8, true);
  const uint32_t u8 = btf.alias("u8", btf.integer("unsigned char", 1, false));
  const uint32_t u64 = btf.alias("u64", btf.integer("unsigned long long", 8, false));
  const uint32_t size = btf.alias("size_t", unsigned_long);
  const uint32_t signed_size = btf.alias("ssize_t", long_type);
  const uint32_t offset = btf.pointer(btf.alias("loff_t", long_long));
  const uint32_t file = btf.pointer(btf.structure("file", 232));
  const uint32_t text = btf.pointer(char_type);
  const uint32_t constant_text = btf.pointer(btf.constant(char_type));
  const uint32_t pair = btf.structure("pair", 16);
  const uint32_t mode = btf.enumeration("mode", "MODE_ONE");
  std::vector<BtfWriter::Member> members;
  for (const char* name : {"r15", "r14", "r13", "r12", "bp",      "bx", "r11", "r10",   "r9", "r8", "ax",
                           "cx",  "dx",  "si",  "di",  "orig_ax", "ip", "cs",  "flags", "sp", "ss"}) {
    members.push_back({name, unsigned_long, static_cast<uint32_t>(members.size() * sizeof(uint64_t))});
  }
  const uint32_t registers = btf.pointer(btf.constant(btf.structure("pt_regs", 168, members)));
  btf.function("fd_install", 0, {{"fd", unsigned_int}, {"file", file}});
  btf.function("security_file_permission", int_type, {{"file", file}, {"mask", int_type}});
  btf.function("vfs_read", signed_size, {{"file", file}, {"buf", text}, {"count", size}, {"pos", offset}});
  btf.function("takes_numbers", int_type, {{"a", long_type}, {"b", u64}, {"c", u8}, {"d", mode}});
  btf.function("takes_pair", int_type, {{"p", pair}, {"a", int_type}});
  const uint32_t large = btf.structure("large", 24);
  const uint32_t packed = btf.structure("packed", 5, {{"small", u8, 0}, {"number", int_type, 1}});
  btf.function("takes_structs", int_type,
               {{"a", int_type},
                {"l", large},
                {"b", int_type},
                {"p", pair},
                {"c", int_type},
                {"q", pair},
                {"d", int_type},
                {"e", int_type}});
  btf.function("takes_packed", int_type, {{"p", packed}, {"a", int_type}});
  btf.function("returns_large", large, {{"a", int_type}});
  btf.function("returns_pair", pair, {{"a", int_type}});
  BtfWriter::Parameters many;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) many.emplace_back(name, int_type);
  btf.function("takes_many", int_type, many);
  btf.function("takes_any", int_type, {{"fmt", constant_text}, {"", 0}});
  btf.function("takes_nothing", 0, {});
  btf.function("hidden", int_type, {{"a", int_type}});
  btf.function("__x64_sys_lseek", long_type, {{"regs", registers}});
  btf.function("security_task_free", 0, {{"file", file}});
  btf.function("security_file_open", int_type, {{"file", file}});
  btf.function("bpf_lsm_file_open", int_type, {{"file", file}});
  btf.function("bpf_lsm_task_free", 0, {{"file", file}});
  btf.raw_tracepoint("sys_enter", {{"regs", registers}, {"id", long_type}});
  btf.raw_tracepoint("sys_exit", {{"regs", registers}, {"ret", long_type}});
  btf.raw_tracepoint("task_rename", {{"file", file}, {"comm", constant_text}});
  const uint32_t sock = btf.pointer(btf.structure("sock", 760));
  const uint32_t skb = btf.pointer(btf.structure("sk_buff", 232));
  const uint32_t address = btf.pointer(btf.structure("sockaddr", 16));
  const uint32_t set = btf.pointer(btf.constant(btf.alias("kernel_cap_t", btf.structure("", 8))));
  btf.function(
      "socket_capable", int_type,
      {{"sk", sock}, {"skb", skb}, {"addr", address}, {"addrlen", int_type}, {"old", set}, {"new", set}});
  const auto to = [&](const char* name) { return btf.pointer(btf.structure(name, 64)); };
  const auto each_type = std::to_array<std::pair<std::string_view, uint32_t>>({
      {"int8", char_type},
      {"uint8", u8},
      {"int16", btf.integer("short", 2, true)},
      {"uint16", btf.integer("unsigned short", 2, false)},
      {"int", int_type},
      {"int32", int_type},
      {"uint32", unsigned_int},
      {"capability", int_type},
      {"bpf_cmd", int_type},
      {"fd", int_type},
      {"int64", long_type},
      {"uint64", unsigned_long},
      {"size_t", size},
      {"syscall64", long_type},
      {"auto", unsigned_long},
      {"nop", unsigned_long},
      {"string", constant_text},
      {"char_buf", text},
      {"data_loc", text},
      {"const_buf", text},
      {"file", file},
      {"sock", sock},
      {"skb", skb},
      {"sockaddr", address},
      {"sockaddr_un", address},
      {"kernel_cap_t", set},
      {"cap_inheritable", set},
      {"cap_permitted", set},
      {"cap_effective", set},
      {"char_iovec", to("iovec")},
      {"socket", to("socket")},
      {"filename", to("filename")},
      {"path", to("path")},
      {"bpf_attr", to("bpf_attr")},
      {"perf_event", to("perf_event")},
      {"bpf_map", to("bpf_map")},
      {"user_namespace", to("user_namespace")},
      {"kiocb", to("kiocb")},
      {"iov_iter", to("iov_iter")},
      {"cred", to("cred")},
      {"load_info", to("load_info")},
      {"module", to("module")},
      {"linux_binprm", to("linux_binprm")},
      {"net_device", to("net_device")},
      {"dentry", to("dentry")},
      {"bpf_prog", to("bpf_prog")},
  });
  static_assert(each_type.size() == policy::Words<policy::DeclaredType>::all.size());
  for (const auto& [word, type] : each_type) {
    const std::string name = function_with(word);
    const BtfWriter::Parameters parameters = {{"first", type}, {"second", type}, {"number", long_type}};
    btf.function(name, type, parameters);
    btf.function("bpf_lsm_" + name, int_type, parameters);
    btf.raw_tracepoint(name, parameters);
  }
  return btf.bytes();
}

}  // namespace

std::string function_with(std::string_view type) { return "two_of_" + std::string(type); }

Kernel tiny_kernel() {
  Kernel kernel;
  kernel.release = "6.12.0-tiny";
  kernel.version = kernel_version(6, 12);
  kernel.machine = "x86_64";
  Result<Btf> btf = Btf::parse(tiny_btf());
  assert(btf);
  kernel.btf = *std::move(btf);
#define TRIPLINE_HAVE(name, what) kernel.features.name = true;
  TRIPLINE_FEATURES(TRIPLINE_HAVE)
#undef TRIPLINE_HAVE
  kernel.functions = {"__x64_sys_lseek",
                      "fd_install",
                      "security_file_open",
                      "security_file_permission",
                      "security_task_free",
                      "socket_capable",
                      "takes_any",
                      "takes_many",
                      "takes_nothing",
                      "takes_numbers",
                      "takes_packed",
                      "takes_pair",
                      "takes_structs",
                      "returns_large",
                      "returns_pair",
                      "untyped",
                      "vfs_read"};
  for (const std::string_view type : policy::Words<policy::DeclaredType>::all) {
    kernel.functions.push_back(function_with(type));
  }
  std::ranges::sort(kernel.functions);
  kernel.module_functions = {"of_module [thing]"};
  kernel.functions_known = true;
  kernel.lsms = {"capability", "bpf"};
  kernel.error_injection = {"__x64_sys_lseek"};
  const auto with_common = [](std::string name, std::vector<TracepointField> fields) {
    const std::vector<TracepointField> common = {{"unsigned short", "common_type", 0, 2, false},
                                                 {"unsigned char", "common_flags", 2, 1, false},
                                                 {"unsigned char", "common_preempt_count", 3, 1, false},
                                                 {"int", "common_pid", 4, 4, true}};
    fields.insert(fields.begin(), common.begin(), common.end());
    return TracepointFormat{std::move(name), std::move(fields)};
  };
  kernel.formats = {
      with_common("raw_syscalls/sys_enter",
                  {{"long", "id", 8, 8, true}, {"unsigned long[6]", "args", 16, 48, false}}),
      with_common("raw_syscalls/sys_exit", {{"long", "id", 8, 8, true}, {"long", "ret", 16, 8, true}}),
      with_common("sub/all", {{"const char *", "text", 8, 8, false},
                              {"size_t", "count", 16, 8, false},
                              {"char[16]", "comm", 24, 16, false},
                              {"__data_loc char[]", "name", 40, 4, false},
                              {"bool", "flag", 44, 1, false},
                              {"struct file *", "file", 48, 8, false},
                              {"unsigned int", "number", 56, 4, false}}),
      with_common("sub/arrays", {{"unsigned long[6]", "longs", 8, 48, false},
                                 {"int[2]", "pair", 56, 8, true},
                                 {"long[2]", "more", 64, 16, true}}),
      with_common("sub/bare", {}),
      with_common("sub/call", {{"int", "__syscall_nr", 8, 4, true}, {"uid_t", "uid", 16, 8, false}}),
      with_common("sub/cells", {{"unsigned long", "first", 8, 8, false},
                                {"unsigned long", "second", 16, 8, false},
                                {"unsigned long", "number", 24, 8, false},
                                {"unsigned long[2]", "longs", 32, 16, false},
                                {"__data_loc char[]", "name", 48, 4, false}}),
  };
  for (const TracepointFormat& format : kernel.formats) kernel.tracepoints.push_back(format.name);
  kernel.tracepoints.emplace_back("sub/unread");
  return kernel;
}

}  // namespace tripline
