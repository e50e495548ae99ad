// SPDX-License-Identifier: Apache-2.0
// An ELF file made by hand, for what no linker would write.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace tripline {

template <typename T>
void put(std::string& bytes, size_t at, const T& value) {
  if (bytes.size() < at + sizeof(T)) bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

inline void put_text(std::string& bytes, size_t at, std::string_view text) {
  if (bytes.size() < at + text.size()) bytes.resize(at + text.size());
  std::memcpy(bytes.data() + at, text.data(), text.size());
}

// The headers of a program for x86-64 whose `segments` follow the file's first header.
inline std::string elf_head(const std::vector<Elf64_Phdr>& segments, uint16_t type = ET_EXEC) {
  Elf64_Ehdr head{};
  std::memcpy(head.e_ident, ELFMAG, SELFMAG);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_ident[EI_DATA] = ELFDATA2LSB;
  head.e_ident[EI_VERSION] = EV_CURRENT;
  head.e_type = type;
  head.e_machine = EM_X86_64;
  head.e_version = EV_CURRENT;
  head.e_phoff = sizeof(head);
  head.e_ehsize = sizeof(head);
  head.e_phentsize = sizeof(Elf64_Phdr);
  head.e_shentsize = sizeof(Elf64_Shdr);
  head.e_phnum = static_cast<uint16_t>(segments.size());
  std::string out;
  put(out, 0, head);
  for (const Elf64_Phdr& segment : segments) put(out, out.size(), segment);
  return out;
}

// A segment that is loaded at 0x400000 + its place in the file.
inline Elf64_Phdr elf_segment(uint32_t flags, uint64_t offset, uint64_t size) {
  return {.p_type = PT_LOAD,
          .p_flags = flags,
          .p_offset = offset,
          .p_vaddr = 0x400000 + offset,
          .p_paddr = 0x400000 + offset,
          .p_filesz = size,
          .p_memsz = size,
          .p_align = 0x1000};
}

// Appends section headers, the first of them empty; with `names` the last one holds their names.
inline void put_sections(std::string& file, const std::vector<Elf64_Shdr>& sections, uint16_t names = 0) {
  file.resize((file.size() + 7) / 8 * 8);
  put(file, offsetof(Elf64_Ehdr, e_shoff), uint64_t{file.size()});
  put(file, offsetof(Elf64_Ehdr, e_shnum), static_cast<uint16_t>(sections.size() + 1));
  put(file, offsetof(Elf64_Ehdr, e_shstrndx), names);
  put(file, file.size(), Elf64_Shdr{});
  for (const Elf64_Shdr& section : sections) put(file, file.size(), section);
}

}  // namespace tripline
