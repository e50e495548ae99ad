// SPDX-License-Identifier: Apache-2.0
#include "binary/btf.h"

#include <cstring>
#include <string>

#include "binary/layout.h"

namespace tripline::binary {
namespace {

constexpr uint64_t kBytesMost = uint64_t{256} << 20;
constexpr uint16_t kMagic = 0xeb9f;

std::vector<std::byte> as_bytes(const std::string& text) {
  std::vector<std::byte> out(text.size());
  if (!text.empty()) std::memcpy(out.data(), text.data(), text.size());
  return out;
}

}  // namespace

Read<std::vector<std::byte>> read_btf(const ReadAt& read) {
  if (value_at<uint16_t>(read(0, sizeof(kMagic)), 0) == kMagic) {
    const std::string all = read(0, kBytesMost + 1);
    if (all.size() > kBytesMost) return std::unexpected(Refusal{Fault::kDamaged, "is too large to be BTF"});
    return as_bytes(all);
  }
  auto layout = read_layout(read);
  if (!layout) {
    if (layout.error().fault == Fault::kNotElf) layout.error().detail = "is neither BTF nor an ELF file";
    return std::unexpected(layout.error());
  }
  name_sections(read, *layout);
  const Section* section = layout->section(".BTF");
  if (!section) return std::vector<std::byte>();
  const std::string bytes = section_bytes(read, *section, kBytesMost);
  if (bytes.empty() && section->head.sh_size > 0)
    return std::unexpected(Refusal{Fault::kDamaged, "is damaged: its section .BTF cannot be read"});
  return as_bytes(bytes);
}

}  // namespace tripline::binary
