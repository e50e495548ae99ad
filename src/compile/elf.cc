// SPDX-License-Identifier: Apache-2.0
#include "compile/elf.h"

#include <elf.h>

#include <cstring>
#include <map>
#include <string_view>

namespace tripline {
namespace {

// Relocation types of the BPF ELF ABI; elf.h of Debian 12 lacks them.
constexpr uint32_t kBpf6464 = 1;
constexpr uint32_t kBpf6432 = 10;

constexpr std::string_view kLicense{"GPL", 4};

class Strings {
 public:
  uint32_t add(std::string_view text) {
    const auto at = static_cast<uint32_t>(bytes_.size());
    bytes_.append(text);
    bytes_.push_back('\0');
    return at;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_ = std::string(1, '\0');
};

template <typename T>
std::string bytes_of(const std::vector<T>& items) {
  return {reinterpret_cast<const char*>(items.data()), items.size() * sizeof(T)};
}

std::string bytes_of(std::span<const std::byte> span) { return {reinterpret_cast<const char*>(span.data()), span.size()}; }

struct Section {
  std::string name;
  Elf64_Shdr header{};
  std::string content;
};

enum SectionIndex : uint16_t { kNull, kProgram, kLicenseSection, kBtf, kBtfExt, kRelocations, kSymbols, kStrings };

struct SymbolTable {
  std::vector<Elf64_Sym> symbols;
  std::map<std::string, uint32_t> undefined;
};

SymbolTable write_symbols(const ElfInput& input, Strings& strings) {
  SymbolTable table;
  table.symbols.push_back({});
  Elf64_Sym program{};
  program.st_name = strings.add(input.name);
  program.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
  program.st_shndx = kProgram;
  program.st_size = input.code->instructions.size() * sizeof(BpfInstruction);
  table.symbols.push_back(program);
  Elf64_Sym license{};
  license.st_name = strings.add("_license");
  license.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
  license.st_shndx = kLicenseSection;
  license.st_size = kLicense.size();
  table.symbols.push_back(license);
  for (const Relocation& relocation : input.code->relocations) {
    if (table.undefined.contains(relocation.symbol)) continue;
    Elf64_Sym symbol{};
    symbol.st_name = strings.add(relocation.symbol);
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
    table.undefined[relocation.symbol] = static_cast<uint32_t>(table.symbols.size());
    table.symbols.push_back(symbol);
  }
  return table;
}

std::vector<Elf64_Rel> write_relocations(const Code& code, const SymbolTable& table) {
  std::vector<Elf64_Rel> out;
  for (const Relocation& relocation : code.relocations) {
    out.push_back({relocation.instruction * sizeof(BpfInstruction),
                   ELF64_R_INFO(static_cast<uint64_t>(table.undefined.at(relocation.symbol)),
                                relocation.is_call ? kBpf6432 : kBpf6464)});
  }
  return out;
}

Elf64_Shdr header(uint32_t type, uint64_t flags, uint64_t alignment, uint64_t entry = 0, uint32_t linked = 0,
                  uint32_t info = 0) {
  Elf64_Shdr out{};
  out.sh_type = type;
  out.sh_flags = flags;
  out.sh_addralign = alignment;
  out.sh_entsize = entry;
  out.sh_link = linked;
  out.sh_info = info;
  return out;
}

}  // namespace

std::vector<std::byte> write_elf(const ElfInput& input) {
  Strings strings;
  const SymbolTable table = write_symbols(input, strings);
  const std::vector<Elf64_Rel> relocations = write_relocations(*input.code, table);
  std::vector<Section> sections = {
      {"", {}, ""},
      {input.section, header(SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 8), bytes_of(input.code->instructions)},
      {"license", header(SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 1), std::string(kLicense)},
      {".BTF", header(SHT_PROGBITS, 0, 4), bytes_of(input.btf)},
      {".BTF.ext", header(SHT_PROGBITS, 0, 4), bytes_of(input.btf_ext)},
      {".rel" + input.section, header(SHT_REL, SHF_INFO_LINK, 8, sizeof(Elf64_Rel), kSymbols, kProgram),
       bytes_of(relocations)},
      {".symtab", header(SHT_SYMTAB, 0, 8, sizeof(Elf64_Sym), kStrings, 1), bytes_of(table.symbols)},
      {".strtab", header(SHT_STRTAB, 0, 1), ""},
  };
  for (Section& section : sections) section.header.sh_name = section.name.empty() ? 0 : strings.add(section.name);
  sections[kStrings].content = strings.bytes();

  std::string file(sizeof(Elf64_Ehdr), '\0');
  for (Section& section : sections) {
    if (section.header.sh_type == SHT_NULL) continue;
    file.resize((file.size() + 7) / 8 * 8, '\0');
    section.header.sh_offset = file.size();
    section.header.sh_size = section.content.size();
    file += section.content;
  }
  file.resize((file.size() + 7) / 8 * 8, '\0');
  Elf64_Ehdr start{};
  std::memcpy(start.e_ident, ELFMAG, SELFMAG);
  start.e_ident[EI_CLASS] = ELFCLASS64;
  start.e_ident[EI_DATA] = ELFDATA2LSB;
  start.e_ident[EI_VERSION] = EV_CURRENT;
  start.e_type = ET_REL;
  start.e_machine = EM_BPF;
  start.e_version = EV_CURRENT;
  start.e_shoff = file.size();
  start.e_ehsize = sizeof(Elf64_Ehdr);
  start.e_shentsize = sizeof(Elf64_Shdr);
  start.e_shnum = static_cast<uint16_t>(sections.size());
  start.e_shstrndx = kStrings;
  std::memcpy(file.data(), &start, sizeof(start));
  for (const Section& section : sections) {
    file.append(reinterpret_cast<const char*>(&section.header), sizeof(section.header));
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(file.data());
  return {bytes, bytes + file.size()};
}

}  // namespace tripline
