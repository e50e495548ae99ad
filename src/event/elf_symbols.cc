// SPDX-License-Identifier: Apache-2.0
#include "event/elf_symbols.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace tripline {
namespace {

constexpr size_t kSegmentsMax = 128;
constexpr size_t kSectionsMax = 4096;
constexpr size_t kSymbolsMax = 1 << 20;
constexpr size_t kNamesMax = 32 << 20;  // bytes

// `count` structs at `offset`; none unless all are there.
template <typename T>
std::vector<T> read_structs(const ElfSymbols::ReadAt& read, uint64_t offset, size_t count) {
  std::string bytes = read(offset, count * sizeof(T));
  std::vector<T> structs;
  if (count == 0 || bytes.size() != count * sizeof(T)) return structs;
  structs.resize(count);
  std::memcpy(structs.data(), bytes.data(), bytes.size());
  return structs;
}

bool is_known_kind(const Elf64_Ehdr& head) {
  return std::memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 && head.e_ident[EI_CLASS] == ELFCLASS64 &&
         head.e_ident[EI_DATA] == ELFDATA2LSB && head.e_phentsize == sizeof(Elf64_Phdr) &&
         (head.e_shnum == 0 || head.e_shentsize == sizeof(Elf64_Shdr));
}

// The table of all symbols or, in a stripped file, of those that the dynamic linker needs.
const Elf64_Shdr* symbol_table(const std::vector<Elf64_Shdr>& sections) {
  const Elf64_Shdr* found = nullptr;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type == SHT_SYMTAB) return &section;
    if (section.sh_type == SHT_DYNSYM) found = &section;
  }
  return found;
}

}  // namespace

ElfSymbols::ElfSymbols(const ReadAt& read) {
  auto head = read_structs<Elf64_Ehdr>(read, 0, 1);
  if (head.empty() || !is_known_kind(head[0])) return;
  const size_t segments = std::min<size_t>(head[0].e_phnum, kSegmentsMax);
  for (const Elf64_Phdr& segment : read_structs<Elf64_Phdr>(read, head[0].e_phoff, segments))
    if (segment.p_type == PT_LOAD) segments_.push_back({segment.p_offset, segment.p_vaddr, segment.p_filesz});

  const size_t count = std::min<size_t>(head[0].e_shnum, kSectionsMax);
  const auto sections = read_structs<Elf64_Shdr>(read, head[0].e_shoff, count);
  const Elf64_Shdr* table = symbol_table(sections);
  if (!table || table->sh_entsize != sizeof(Elf64_Sym) || table->sh_link >= sections.size()) return;
  const Elf64_Shdr& names = sections[table->sh_link];
  if (names.sh_type != SHT_STRTAB || names.sh_size > kNamesMax) return;
  names_ = read(names.sh_offset, names.sh_size);
  const size_t symbols = std::min<uint64_t>(table->sh_size / sizeof(Elf64_Sym), kSymbolsMax);
  for (const Elf64_Sym& symbol : read_structs<Elf64_Sym>(read, table->sh_offset, symbols)) {
    const unsigned type = ELF64_ST_TYPE(symbol.st_info);
    if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF) continue;
    if (symbol.st_name >= names_.size() || names_[symbol.st_name] == '\0') continue;
    const uint64_t size = std::min<uint64_t>(symbol.st_size, std::numeric_limits<uint32_t>::max());
    functions_.push_back({symbol.st_value, static_cast<uint32_t>(size), symbol.st_name});
  }
  // Of several names of one function the first in the file is shown.
  std::ranges::stable_sort(functions_, {}, &Function::address);
  functions_.shrink_to_fit();
}

std::string_view ElfSymbols::find(uint64_t offset) const {
  auto segment = std::ranges::find_if(segments_, [&](const Segment& candidate) {
    return offset >= candidate.offset && offset - candidate.offset < candidate.size;
  });
  if (segment == segments_.end()) return {};
  const uint64_t address = offset - segment->offset + segment->address;
  auto after = std::ranges::upper_bound(functions_, address, {}, &Function::address);
  if (after == functions_.begin()) return {};
  auto first = std::ranges::lower_bound(functions_, std::prev(after)->address, {}, &Function::address);
  for (auto function = first; function != after; ++function)
    if (function->size == 0 || address - function->address < function->size) {
      std::string_view name = std::string_view(names_).substr(function->name);
      return name.substr(0, name.find('\0'));
    }
  return {};
}

}  // namespace tripline
