// SPDX-License-Identifier: Apache-2.0
#include "compile/link.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string_view>

#include "abi/maps.h"
#include "base/fd.h"
#include "compile/elf.h"

namespace tripline {
namespace {

struct BtfFree {
  void operator()(struct btf* btf) const { btf__free(btf); }
};
using BtfPtr = std::unique_ptr<struct btf, BtfFree>;

// Parameter types of the library's functions, as the linker compares them by name with the library's own.
enum class ParameterType : uint8_t { kU32, kU64, kSlot, kFile };

struct Prototype {
  ParameterType result;  // kU32 stands for int too where `is_int`
  bool result_is_int;
  std::vector<ParameterType> parameters;
};

const std::map<std::string_view, Prototype>& prototypes() {
  using enum ParameterType;
  static const std::map<std::string_view, Prototype> table = {
      {"tl_slot_get", {kSlot, false, {}}},
      {"tl_slot_put", {kU32, true, {kSlot}}},
      {"tl_file_path", {kU32, false, {kFile, kSlot, kU32}}},
      {"tl_record_begin", {kU32, true, {kSlot, kU32, kU32}}},
      {"tl_record_file", {kU32, false, {kSlot, kFile, kU64, kU32, kU32}}},
      {"tl_record_send", {kU32, true, {kSlot, kU32, kU32}}},
      {"tl_count", {kU32, true, {kU32, kU32}}},
  };
  return table;
}

struct Types {
  int integer = 0;  // int
  int u32 = 0;
  int u64 = 0;
  int slot = 0;  // struct tl_slot *
  int file = 0;  // struct file *

  [[nodiscard]] int of(ParameterType type) const {
    switch (type) {
      case ParameterType::kU32: return u32;
      case ParameterType::kU64: return u64;
      case ParameterType::kSlot: return slot;
      case ParameterType::kFile: return file;
    }
    return u64;
  }
};

Types add_types(struct btf* btf) {
  Types types;
  types.integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
  const int unsigned32 = btf__add_int(btf, "unsigned int", 4, 0);
  const int unsigned64 = btf__add_int(btf, "unsigned long long", 8, 0);
  types.u32 = btf__add_typedef(btf, "u32", btf__add_typedef(btf, "__u32", unsigned32));
  types.u64 = btf__add_typedef(btf, "u64", btf__add_typedef(btf, "__u64", unsigned64));
  types.slot = btf__add_ptr(btf, btf__add_fwd(btf, "tl_slot", BTF_FWD_STRUCT));
  types.file = btf__add_ptr(btf, btf__add_fwd(btf, "file", BTF_FWD_STRUCT));
  return types;
}

// extern struct tl_control tl_control;
void add_control(struct btf* btf, const Types& types) {
  const int index = btf__add_int(btf, "__ARRAY_SIZE_TYPE__", 4, 0);
  const int u32 = btf__find_by_name_kind(btf, "__u32", BTF_KIND_TYPEDEF);
  const int array = btf__add_array(btf, index, u32, TL_PROGRAMS_MAX);
  const int control = btf__add_struct(btf, "tl_control", sizeof(tl_control));
  btf__add_field(btf, "epoch", u32, offsetof(tl_control, epoch) * 8, 0);
  btf__add_field(btf, "reserved", u32, offsetof(tl_control, reserved) * 8, 0);
  btf__add_field(btf, "died", array, offsetof(tl_control, died) * 8, 0);
  btf__add_var(btf, "tl_control", BTF_VAR_GLOBAL_EXTERN, control);
  (void)types;
}

Result<BtfPtr> describe(const LinkInput& input, uint32_t& program_id, uint32_t& section_name) {
  BtfPtr btf(btf__new_empty());
  if (!btf) return fail("describe program", input.name, errno);
  const Types types = add_types(btf.get());
  const int context = btf__add_ptr(btf.get(), types.u64);
  const int prototype = btf__add_func_proto(btf.get(), types.integer);
  btf__add_func_param(btf.get(), "ctx", context);
  program_id = static_cast<uint32_t>(btf__add_func(btf.get(), input.name.c_str(), BTF_FUNC_GLOBAL, prototype));
  std::set<std::string_view> seen;
  for (const Relocation& relocation : input.code->relocations) {
    if (!seen.insert(relocation.symbol).second) continue;
    if (!relocation.is_call) {
      add_control(btf.get(), types);
      continue;
    }
    const auto entry = prototypes().find(relocation.symbol);
    if (entry == prototypes().end()) return fail("describe function", relocation.symbol, 0, "has no prototype");
    const Prototype& function = entry->second;
    const int id = btf__add_func_proto(btf.get(), function.result_is_int ? types.integer : types.of(function.result));
    int n = 0;
    for (const ParameterType parameter : function.parameters) {
      btf__add_func_param(btf.get(), ("a" + std::to_string(n++)).c_str(), types.of(parameter));
    }
    btf__add_func(btf.get(), relocation.symbol.c_str(), BTF_FUNC_EXTERN, id);
  }
  const int name = btf__add_str(btf.get(), input.section.c_str());
  if (name < 0) return fail("describe program", input.name, -name);
  section_name = static_cast<uint32_t>(name);
  return btf;
}

// .BTF.ext with the one func_info record; line_info and core_relo are present and empty.
std::vector<std::byte> describe_code(uint32_t program_id, uint32_t section_name) {
  struct Header {
    uint16_t magic = 0xeb9f;
    uint8_t version = 1;
    uint8_t flags = 0;
    uint32_t header_size = 32;
    uint32_t function_offset = 0, function_size = 20;
    uint32_t line_offset = 20, line_size = 0;
    uint32_t relocation_offset = 20, relocation_size = 0;
  };
  struct Functions {
    uint32_t record_size = 8;
    uint32_t section_name = 0;
    uint32_t count = 1;
    uint32_t offset = 0;
    uint32_t type = 0;
  };
  static_assert(sizeof(Header) == 32 && sizeof(Functions) == 20);
  const Header header;
  Functions functions;
  functions.section_name = section_name;
  functions.type = program_id;
  std::vector<std::byte> out(sizeof(header) + sizeof(functions));
  std::memcpy(out.data(), &header, sizeof(header));
  std::memcpy(out.data() + sizeof(header), &functions, sizeof(functions));
  return out;
}

// A file that exists only in memory; libbpf's linker of Debian 12 takes names of files.
Result<Fd> memory_file(const char* name, std::span<const std::byte> content) {
  Fd fd(memfd_create(name, MFD_CLOEXEC));
  if (!fd) return fail("create memory file", name, errno);
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = write(fd.get(), content.data() + done, content.size() - done);
    if (n < 0) return fail("write memory file", name, errno);
    done += static_cast<size_t>(n);
  }
  return fd;
}

std::string path_of(const Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

Result<std::vector<std::byte>> read_back(const Fd& fd) {
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return fail("read memory file", "linked", errno);
  std::vector<std::byte> out(static_cast<size_t>(status.st_size));
  if (pread(fd.get(), out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) {
    return fail("read memory file", "linked", errno);
  }
  return out;
}

}  // namespace

Result<std::vector<std::byte>> link(const LinkInput& input) {
  uint32_t program_id = 0;
  uint32_t section_name = 0;
  auto btf = describe(input, program_id, section_name);
  if (!btf) return std::unexpected(btf.error());
  uint32_t size = 0;
  const void* raw = btf__raw_data(btf->get(), &size);
  if (raw == nullptr) return fail("describe program", input.name, ENOMEM);
  const std::vector<std::byte> code_info = describe_code(program_id, section_name);
  const std::vector<std::byte> elf = write_elf(
      {input.section, input.name, input.code, {static_cast<const std::byte*>(raw), size}, code_info});

  auto generated = memory_file("generated", elf);
  if (!generated) return std::unexpected(generated.error());
  auto library = memory_file("library", input.library);
  if (!library) return std::unexpected(library.error());
  auto linked = memory_file("linked", {});
  if (!linked) return std::unexpected(linked.error());

  struct bpf_linker* linker = bpf_linker__new(path_of(*linked).c_str(), nullptr);
  if (linker == nullptr) return fail("start linker", input.section, errno);
  int error = bpf_linker__add_file(linker, path_of(*generated).c_str(), nullptr);
  if (error == 0) error = bpf_linker__add_file(linker, path_of(*library).c_str(), nullptr);
  if (error == 0) error = bpf_linker__finalize(linker);
  bpf_linker__free(linker);
  if (error != 0) return fail("link program", input.section, -error, "the linker refused the generated object");
  return read_back(*linked);
}

}  // namespace tripline
