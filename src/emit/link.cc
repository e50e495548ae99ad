// SPDX-License-Identifier: Apache-2.0
#include "emit/link.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "abi/maps.h"
#include "base/fd.h"
#include "emit/elf.h"
#include "ir/callee.h"

namespace tripline {
namespace {

struct BtfFree {
  void operator()(struct btf* btf) const { btf__free(btf); }
};
using BtfPtr = std::unique_ptr<struct btf, BtfFree>;

// Types as the linker compares them by name with the library's own.
struct Types {
  int integer = 0;  // int
  int u32 = 0;
  int u64 = 0;
  int slot = 0;     // struct tl_slot *
  int file = 0;     // struct file *
  int context = 0;  // u64 *

  [[nodiscard]] int of(ir::CType type) const {
    switch (type) {
      case ir::CType::kInt:
        return integer;
      case ir::CType::kU32:
        return u32;
      case ir::CType::kU64:
        return u64;
      case ir::CType::kSlot:
        return slot;
      case ir::CType::kFile:
        return file;
      case ir::CType::kContext:
        return context;
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
  types.context = btf__add_ptr(btf, types.u64);
  return types;
}

// extern struct tl_control tl_control;
void add_control(struct btf* btf) {
  const int index = btf__add_int(btf, "__ARRAY_SIZE_TYPE__", 4, 0);
  const int u32 = btf__find_by_name_kind(btf, "__u32", BTF_KIND_TYPEDEF);
  const int array = btf__add_array(btf, index, u32, TL_PROGRAMS_MAX);
  const int modes = btf__add_array(btf, index, u32, TL_POLICIES_MAX);
  const int control = btf__add_struct(btf, "tl_control", sizeof(tl_control));
  btf__add_field(btf, "epoch", u32, offsetof(tl_control, epoch) * 8, 0);
  btf__add_field(btf, "noted", u32, offsetof(tl_control, noted) * 8, 0);
  btf__add_field(btf, "died", array, offsetof(tl_control, died) * 8, 0);
  btf__add_field(btf, "mode", modes, offsetof(tl_control, mode) * 8, 0);
  btf__add_field(btf, "noticed", u32, offsetof(tl_control, noticed) * 8, 0);
  btf__add_field(btf, "reserved", u32, offsetof(tl_control, reserved) * 8, 0);
  btf__add_var(btf, "tl_control", BTF_VAR_GLOBAL_EXTERN, control);
}

// A function of ours as .BTF.ext names it.
struct Described {
  uint32_t section_name = 0;
  uint32_t type = 0;
};

struct Description {
  BtfPtr btf;
  std::vector<Described> functions;
};

Described add_function(struct btf* btf, const Types& types, int context, const ElfFunction& function) {
  const int prototype = btf__add_func_proto(btf, types.integer);
  btf__add_func_param(btf, "ctx", context);
  const int type = btf__add_func(btf, function.name.c_str(), BTF_FUNC_GLOBAL, prototype);
  return {static_cast<uint32_t>(btf__add_str(btf, function.section.c_str())), static_cast<uint32_t>(type)};
}

Result<void> add_extern(struct btf* btf, const Types& types, const Relocation& relocation) {
  if (!relocation.is_call) {
    add_control(btf);
    return {};
  }
  const std::optional<ir::Callee> callee = ir::callee_named(relocation.symbol);
  if (!callee || ir::callee_info(*callee).kind != ir::CalleeKind::kLibrary)
    return fail("describe function", relocation.symbol, 0, "is not of the library");
  const ir::CalleeInfo& function = ir::callee_info(*callee);
  const int id = btf__add_func_proto(btf, types.of(function.result));
  int n = 0;
  for (const ir::CType parameter : function.types) {
    btf__add_func_param(btf, ("a" + std::to_string(n++)).c_str(), types.of(parameter));
  }
  btf__add_func(btf, relocation.symbol.c_str(), BTF_FUNC_EXTERN, id);
  return {};
}

Result<Description> describe(const std::vector<ElfFunction>& functions) {
  Description out;
  out.btf.reset(btf__new_empty());
  if (!out.btf) return fail("describe program", functions[0].name, errno);
  const Types types = add_types(out.btf.get());
  const int context = types.context;
  std::set<std::string_view> known;
  for (const ElfFunction& function : functions) {
    out.functions.push_back(add_function(out.btf.get(), types, context, function));
    known.insert(function.name);
  }
  for (const ElfFunction& function : functions) {
    for (const Relocation& relocation : function.code->relocations) {
      if (!known.insert(relocation.symbol).second) continue;
      if (auto added = add_extern(out.btf.get(), types, relocation); !added)
        return std::unexpected(added.error());
    }
  }
  return out;
}

// .BTF.ext with one func_info record for each function. line_info is empty, or has one record for each function:
// libbpf wants some of every function that a program with line_info calls. core_relo is empty.
std::vector<std::byte> describe_code(const std::vector<Described>& described, bool lines) {
  std::vector<uint32_t> functions = {8};  // bytes of a record
  for (const Described& function : described) {
    functions.insert(functions.end(), {function.section_name, 1, 0, function.type});
  }
  const auto size = static_cast<uint32_t>(functions.size() * sizeof(uint32_t));
  std::vector<uint32_t> places;
  if (lines) {
    places.push_back(16);  // bytes of a record: instruction, file, text, place
    for (const Described& function : described)
      places.insert(places.end(), {function.section_name, 1, 0, 0, 0, 0});
  }
  const auto more = static_cast<uint32_t>(places.size() * sizeof(uint32_t));
  constexpr uint32_t kHeaderSize = 32;
  // magic, version and flags; header size; offset and size of functions, lines, relocations
  std::vector<uint32_t> words = {0x0001eb9f, kHeaderSize, 0, size, size, more, size + more, 0};
  words.insert(words.end(), functions.begin(), functions.end());
  words.insert(words.end(), places.begin(), places.end());
  const auto* bytes = reinterpret_cast<const std::byte*>(words.data());
  return {bytes, bytes + words.size() * sizeof(uint32_t)};
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
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return fail("read memory file", "linked", errno);
  std::vector<std::byte> out(static_cast<size_t>(status.st_size));
  if (pread(fd.get(), out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) {
    return fail("read memory file", "linked", errno);
  }
  return out;
}

// One generated object; `name` is for messages.
Result<Fd> generate(const std::vector<ElfFunction>& functions, const std::string& name, bool lines) {
  auto description = describe(functions);
  if (!description) return std::unexpected(description.error());
  uint32_t size = 0;
  const void* raw = btf__raw_data(description->btf.get(), &size);
  if (raw == nullptr) return fail("describe program", name, ENOMEM);
  const std::vector<std::byte> code_info = describe_code(description->functions, lines);
  return memory_file("generated",
                     write_elf({functions, {static_cast<const std::byte*>(raw), size}, code_info}));
}

}  // namespace

Result<std::vector<std::byte>> link_units(const std::vector<std::vector<ElfFunction>>& units,
                                          const std::vector<std::span<const std::byte>>& libraries,
                                          const std::string& name) {
  std::vector<Fd> files;
  for (const std::vector<ElfFunction>& functions : units) {
    auto generated = generate(functions, name, units.size() > 1);
    if (!generated) return std::unexpected(generated.error());
    files.push_back(std::move(*generated));
  }
  for (const std::span<const std::byte> library : libraries) {
    auto file = memory_file("library", library);
    if (!file) return std::unexpected(file.error());
    files.push_back(std::move(*file));
  }
  auto linked = memory_file("linked", {});
  if (!linked) return std::unexpected(linked.error());

  struct bpf_linker* linker = bpf_linker__new(path_of(*linked).c_str(), nullptr);
  if (linker == nullptr) return fail("start linker", name, errno);
  int error = 0;
  for (const Fd& file : files) {
    if (error == 0) error = bpf_linker__add_file(linker, path_of(file).c_str(), nullptr);
  }
  if (error == 0) error = bpf_linker__finalize(linker);
  bpf_linker__free(linker);
  if (error != 0) return fail("link program", name, -error, "the linker refused the generated object");
  return read_back(*linked);
}

Result<std::vector<std::byte>> link(const LinkInput& input) {
  std::vector<ElfFunction> functions = {{input.section, input.name, false, input.code}};
  if (input.judge != nullptr) functions.push_back({".text", "tl_judge", true, input.judge});
  return link_units({functions}, input.libraries, input.section);
}

}  // namespace tripline
