// SPDX-License-Identifier: Apache-2.0
#include "policy/tiny_kernel.h"

#include <cassert>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

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
  uint32_t enumeration(const std::string& name, const std::string& only) {
    const uint32_t id = begin(name, 6, 1, 4);
    put(text(only));
    put(0);
    return id;
  }
  uint32_t alias(const std::string& name, uint32_t of) { return begin(name, 8, 0, of); }
  uint32_t constant(uint32_t of) { return begin("", 10, 0, of); }
  void function(const std::string& name, uint32_t result, const Parameters& parameters) {
    const uint32_t prototype = begin("", 13, static_cast<uint32_t>(parameters.size()), result);
    for (const auto& [parameter, type] : parameters) {
      put(text(parameter));
      put(type);
    }
    begin(name, 12, 1, prototype);
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
  const uint32_t registers = btf.pointer(btf.constant(btf.structure("pt_regs", 168)));
  btf.function("fd_install", 0, {{"fd", unsigned_int}, {"file", file}});
  btf.function("security_file_permission", int_type, {{"file", file}, {"mask", int_type}});
  btf.function("vfs_read", signed_size, {{"file", file}, {"buf", text}, {"count", size}, {"pos", offset}});
  btf.function("takes_numbers", int_type, {{"a", long_type}, {"b", u64}, {"c", u8}, {"d", mode}});
  btf.function("takes_pair", int_type, {{"p", pair}, {"a", int_type}});
  BtfWriter::Parameters many;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) many.emplace_back(name, int_type);
  btf.function("takes_many", int_type, many);
  btf.function("takes_any", int_type, {{"fmt", constant_text}, {"", 0}});
  btf.function("takes_nothing", 0, {});
  btf.function("hidden", int_type, {{"a", int_type}});
  btf.function("__x64_sys_lseek", long_type, {{"regs", registers}});
  return btf.bytes();
}

}  // namespace

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
  kernel.functions = {"__x64_sys_lseek", "fd_install", "security_file_permission",
                      "takes_any",       "takes_many", "takes_nothing",
                      "takes_numbers",   "takes_pair", "untyped",
                      "vfs_read"};
  kernel.module_functions = {"of_module [thing]"};
  kernel.functions_known = true;
  return kernel;
}

}  // namespace tripline
