// SPDX-License-Identifier: Apache-2.0
#include "emit/elf.h"

#include <elf.h>

#include <cstring>
#include <map>
#include <string_view>

namespace tripline {
namespace {

// Relocation types of the BPF ELF ABI; elf.h of Debian 12 lacks them.
constexpr uint32_t kBpf6464 = 1;
constexpr uint32_t kBpf6432 = 10;

constexpr char kLicenseText[] = "GPL";
constexpr std::string_view kLicense{kLicenseText, sizeof(kLicenseText)};  // with its NUL

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

std::string bytes_of(std::span<const std::byte> span) {
  return {reinterpret_cast<const char*>(span.data()), span.size()};
}

struct Section {
  std::string name;
  Elf64_Shdr header{};
  std::string content;
};

struct SymbolTable {
  std::vector<Elf64_Sym> symbols = {{}};
  std::map<std::string, uint32_t> index;

  void add(Strings& strings, const std::string& name, uint8_t type, uint16_t section, uint64_t size,
           bool hidden) {
    Elf64_Sym symbol{};
    symbol.st_name = strings.add(name);
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, type);
    symbol.st_other = hidden ? STV_HIDDEN : STV_DEFAULT;
    symbol.st_shndx = section;
    symbol.st_size = size;
    index[name] = static_cast<uint32_t>(symbols.size());
    symbols.push_back(symbol);
  }
};

std::vector<Elf64_Rel> write_relocations(const Code& code, const SymbolTable& table) {
  std::vector<Elf64_Rel> out;
  for (const Relocation& relocation : code.relocations) {
    out.push_back({relocation.instruction * sizeof(BpfInstruction),
                   ELF64_R_INFO(static_cast<uint64_t>(table.index.at(relocation.symbol)),
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
  SymbolTable table;
  std::vector<Section> sections = {{"", {}, ""}};
  for (const ElfFunction& function : input.functions) {
    const std::string content = bytes_of(function.code->instructions);
    table.add(strings, function.name, STT_FUNC, static_cast<uint16_t>(sections.size()), content.size(),
              function.hidden);
    sections.push_back({function.section, header(SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 8), content});
  }
  sections.push_back({"license", header(SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 1), std::string(kLicense)});
  for (const ElfFunction& function : input.functions) {
    for (const Relocation& relocation : function.code->relocations) {
      if (!table.index.contains(relocation.symbol)) {
        table.add(strings, relocation.symbol, STT_NOTYPE, SHN_UNDEF, 0, false);
      }
    }
  }
  sections.push_back({".BTF", header(SHT_PROGBITS, 0, 4), bytes_of(input.btf)});
  sections.push_back({".BTF.ext", header(SHT_PROGBITS, 0, 4), bytes_of(input.btf_ext)});
  const auto strings_index = static_cast<uint16_t>(sections.size());
  sections.push_back({".strtab", header(SHT_STRTAB, 0, 1), ""});
  const auto symbols_index = static_cast<uint16_t>(sections.size());
  sections.push_back(
      {".symtab", header(SHT_SYMTAB, 0, 8, sizeof(Elf64_Sym), strings_index, 1), bytes_of(table.symbols)});
  for (size_t n = 0; n < input.functions.size(); ++n) {
    const ElfFunction& function = input.functions[n];
    if (function.code->relocations.empty()) continue;
    sections.push_back(
        {".rel" + function.section,
         header(SHT_REL, SHF_INFO_LINK, 8, sizeof(Elf64_Rel), symbols_index, static_cast<uint32_t>(n) + 1),
         bytes_of(write_relocations(*function.code, table))});
  }
  for (Section& section : sections)
    section.header.sh_name = section.name.empty() ? 0 : strings.add(section.name);
  sections[strings_index].content = strings.bytes();

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
  start.e_shstrndx = strings_index;
  std::memcpy(file.data(), &start, sizeof(start));
  for (const Section& section : sections) {
    file.append(reinterpret_cast<const char*>(&section.header), sizeof(section.header));
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(file.data());
  return {bytes, bytes + file.size()};
}

}  // namespace tripline
