// SPDX-License-Identifier: Apache-2.0
#include "binary/layout.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace tripline::binary {
namespace {

constexpr size_t kSegmentsMost = 1 << 12;
constexpr size_t kSectionsMost = 1 << 17;
constexpr size_t kNamesMost = 16 << 20;  // bytes

std::unexpected<Refusal> refuse(Fault fault, std::string detail) {
  return std::unexpected(Refusal{fault, std::move(detail)});
}

Read<Elf64_Ehdr> read_head(const ReadAt& read) {
  const std::string bytes = read(0, sizeof(Elf64_Ehdr));
  if (!bytes.starts_with(std::string_view(ELFMAG, SELFMAG)))
    return refuse(Fault::kNotElf, "is not an ELF file");
  if (bytes.size() <= EI_DATA) return refuse(Fault::kDamaged, "ends within its first header");
  if (bytes[EI_CLASS] != ELFCLASS64 || bytes[EI_DATA] != ELFDATA2LSB)
    return refuse(Fault::kOtherMachine, "is not a 64-bit little-endian ELF file");
  if (bytes.size() < sizeof(Elf64_Ehdr)) return refuse(Fault::kDamaged, "ends within its first header");
  return value_at<Elf64_Ehdr>(bytes, 0);
}

}  // namespace

const Section* Layout::section(std::string_view name) const {
  auto found = std::ranges::find(sections, name, &Section::name);
  return found == sections.end() ? nullptr : &*found;
}

const Section* Layout::section_of_type(uint32_t type) const {
  auto found = std::ranges::find(sections, type, [](const Section& section) { return section.head.sh_type; });
  return found == sections.end() ? nullptr : &*found;
}

Read<Layout> read_layout(const ReadAt& read) {
  const auto head = read_head(read);
  if (!head) return std::unexpected(head.error());
  Layout out{.head = *head};
  size_t segments = head->e_phnum;
  size_t sections = head->e_shnum;
  out.names = head->e_shstrndx;
  // Where there are too many for these fields, the first section header has the numbers.
  if (head->e_shoff != 0 && head->e_shentsize == sizeof(Elf64_Shdr)) {
    const auto first = structs_at<Elf64_Shdr>(read, head->e_shoff, 1);
    if (!first.empty()) {
      if (segments == PN_XNUM) segments = first[0].sh_info;
      if (sections == 0) sections = first[0].sh_size;
      if (head->e_shstrndx == SHN_XINDEX) out.names = first[0].sh_link;
    }
  }

  if (segments > 0) {
    if (head->e_phentsize != sizeof(Elf64_Phdr))
      return refuse(Fault::kDamaged, "is damaged: its program headers have an unknown size");
    if (segments > kSegmentsMost)
      return refuse(Fault::kDamaged, "is damaged: it has too many program headers");
    const auto heads = structs_at<Elf64_Phdr>(read, head->e_phoff, segments);
    if (heads.empty()) return refuse(Fault::kDamaged, "is damaged: its program headers lie beyond its end");
    for (const Elf64_Phdr& segment : heads) {
      if (segment.p_type == PT_NOTE) out.notes.push_back(segment);
      if (segment.p_type == PT_DYNAMIC) out.dynamic = segment;
      if (segment.p_type != PT_LOAD) continue;
      out.segments.push_back({segment.p_vaddr, segment.p_offset, segment.p_filesz, segment.p_memsz,
                              (segment.p_flags & PF_X) != 0, (segment.p_flags & PF_W) != 0});
    }
  }

  if (head->e_shoff == 0 || sections == 0) return out;
  if (head->e_shentsize != sizeof(Elf64_Shdr)) {
    out.damage.emplace_back("its section headers have an unknown size");
    return out;
  }
  if (sections > kSectionsMost) {
    out.damage.emplace_back("it has too many sections");
    return out;
  }
  for (const Elf64_Shdr& section : structs_at<Elf64_Shdr>(read, head->e_shoff, sections))
    out.sections.push_back({section, {}});
  if (out.sections.empty()) out.damage.emplace_back("its section headers lie beyond its end");
  return out;
}

void name_sections(const ReadAt& read, Layout& layout) {
  if (layout.names == SHN_UNDEF || layout.names >= layout.sections.size()) return;
  const std::string names = section_bytes(read, layout.sections[layout.names], kNamesMost);
  if (names.empty()) layout.damage.emplace_back("the names of its sections cannot be read");
  constexpr size_t kNameMost = 256;
  for (Section& section : layout.sections) {
    if (section.head.sh_name >= names.size()) continue;
    section.name = text_at(std::string_view(names).substr(section.head.sh_name, kNameMost), 0);
  }
}

std::string section_bytes(const ReadAt& read, const Section& section, uint64_t most) {
  if (section.head.sh_type == SHT_NOBITS || (section.head.sh_flags & SHF_COMPRESSED) != 0) return {};
  return bytes_at(read, section.head.sh_offset, section.head.sh_size, most);
}

}  // namespace tripline::binary
