// SPDX-License-Identifier: Apache-2.0
#include "binary/symbol_tables.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace tripline::binary {
namespace {

constexpr size_t kBlock = 1 << 15;  // symbols that are read at a time
constexpr uint64_t kNamesMost = uint64_t{256} << 20;
constexpr uint64_t kVersionsMost = 4 << 20;  // bytes
constexpr uint64_t kSymbolsMost = SymbolsBuilder::Limits{}.symbols;
// Stacks are named while events wait.
constexpr SymbolsBuilder::Limits kFunctionsMost{.symbols = 1 << 20, .names = 32 << 20};

// Of a number in the table of versions.
constexpr uint16_t kVersionNumber = 0x7fff;
constexpr uint16_t kHidden = 0x8000;

const Section* names_of(const Layout& layout, const Section& table) {
  if (table.head.sh_entsize != sizeof(Elf64_Sym) || table.head.sh_link >= layout.sections.size())
    return nullptr;
  const Section& names = layout.sections[table.head.sh_link];
  return names.head.sh_type == SHT_STRTAB ? &names : nullptr;
}

// Calls visit(symbol, number) for each, as far as the file has them; at most `most`. False when some are missing.
template <typename Visit>
bool each_symbol(const ReadAt& read, const Section& table, uint64_t most, Visit visit) {
  const uint64_t count = table.head.sh_size / sizeof(Elf64_Sym);
  for (uint64_t at = 0; at < std::min(count, most); at += kBlock) {
    const size_t wanted = std::min(kBlock, std::min(count, most) - at);
    const auto symbols = structs_at<Elf64_Sym>(read, table.head.sh_offset + at * sizeof(Elf64_Sym), wanted);
    if (symbols.empty()) return false;
    for (size_t n = 0; n < symbols.size(); ++n) visit(symbols[n], at + n);
  }
  return count <= most;
}

struct Versions {
  std::string numbers;             // 2 bytes for each symbol
  std::vector<uint16_t> versions;  // by number, what the builder calls it
};

// Where the names of the versions start in the builder is `names`.
Versions read_versions(const ReadAt& read, const Layout& layout, const Section& table, uint32_t names,
                       SymbolsBuilder& builder) {
  Versions out;
  const Section* numbers = layout.section_of_type(SHT_GNU_versym);
  const Section* defined = layout.section_of_type(SHT_GNU_verdef);
  if (!numbers || !defined) return out;
  out.numbers = section_bytes(
      read, *numbers, std::min(table.head.sh_size / sizeof(Elf64_Sym), kSymbolsMost) * sizeof(uint16_t));
  const std::string bytes = section_bytes(read, *defined, kVersionsMost);
  uint64_t at = 0;
  for (size_t n = 0; n < SymbolsBuilder::kVersionsMost && at < bytes.size(); ++n) {
    const auto version = value_at<Elf64_Verdef>(bytes, at);
    const auto name = value_at<Elf64_Verdaux>(bytes, at + version.vd_aux);
    const size_t number = version.vd_ndx & kVersionNumber;
    // The first is the file itself.
    if ((version.vd_flags & VER_FLG_BASE) == 0 && number < SymbolsBuilder::kVersionsMost) {
      if (out.versions.size() <= number) out.versions.resize(number + 1, SymbolsBuilder::kNone);
      out.versions[number] = builder.add_version(names + name.vda_name);
    }
    if (version.vd_next == 0) break;
    at += version.vd_next;
  }
  return out;
}

std::optional<Symbol::Kind> kind_of(const Layout& layout, const Elf64_Sym& symbol) {
  if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) return std::nullopt;
  switch (ELF64_ST_TYPE(symbol.st_info)) {
    case STT_FUNC:
      return Symbol::Kind::kFunction;
    case STT_GNU_IFUNC:
      return Symbol::Kind::kIfunc;
    case STT_NOTYPE:
      if (symbol.st_shndx < layout.sections.size() &&
          (layout.sections[symbol.st_shndx].head.sh_flags & SHF_EXECINSTR) != 0)
        return Symbol::Kind::kLabel;
      [[fallthrough]];
    default:
      return std::nullopt;
  }
}

void add_table(const ReadAt& read, Layout& layout, uint32_t type, SymbolsBuilder& builder) {
  const std::string called = type == SHT_SYMTAB ? "its symbol table" : "its table of dynamic symbols";
  const Section* table = layout.section_of_type(type);
  if (!table) return;
  const Section* names = names_of(layout, *table);
  std::string texts = names ? section_bytes(read, *names, kNamesMost) : std::string();
  if (texts.empty()) {
    if (table->head.sh_size > sizeof(Elf64_Sym)) layout.damage.push_back(called + " has no names");
    return;
  }
  const uint64_t size = texts.size();
  const uint32_t start = builder.add_names(std::move(texts));
  const bool is_dynamic = type == SHT_DYNSYM;
  const Versions versions = is_dynamic ? read_versions(read, layout, *table, start, builder) : Versions{};
  const bool whole = each_symbol(read, *table, kSymbolsMost, [&](const Elf64_Sym& symbol, uint64_t number) {
    const auto kind = kind_of(layout, symbol);
    if (!kind || symbol.st_name >= size) return;
    uint16_t version = SymbolsBuilder::kInName;  // as the linker writes them into the other table
    bool is_default = true;
    if (is_dynamic) {
      const auto stored = value_at<uint16_t>(versions.numbers, number * sizeof(uint16_t));
      const size_t index = stored & kVersionNumber;
      version = index < versions.versions.size() ? versions.versions[index] : uint16_t{SymbolsBuilder::kNone};
      is_default = (stored & kHidden) == 0;
    }
    builder.add(symbol.st_value, symbol.st_size, start + symbol.st_name, *kind,
                ELF64_ST_BIND(symbol.st_info) != STB_LOCAL, is_default, version);
  });
  if (!whole) layout.damage.push_back(called + " is cut off, or too large");
}

}  // namespace

void add_symbols(const ReadAt& read, Layout& layout, SymbolsBuilder& builder) {
  add_table(read, layout, SHT_SYMTAB, builder);
  add_table(read, layout, SHT_DYNSYM, builder);
  if (builder.full()) layout.damage.emplace_back("it has more symbols than are read");
}

std::vector<std::optional<uint64_t>> addresses_of(const ReadAt& read, const Layout& layout,
                                                  const std::vector<std::string_view>& names) {
  struct Found {
    uint64_t address = 0;
    bool is_global = false;
    bool is_several = false;
  };
  std::unordered_map<std::string_view, std::optional<Found>> wanted;
  size_t longest = 0;
  for (const std::string_view name : names) {
    wanted.emplace(name, std::nullopt);
    longest = std::max(longest, name.size());
  }
  for (const uint32_t type : {SHT_SYMTAB, SHT_DYNSYM}) {
    const Section* table = wanted.empty() ? nullptr : layout.section_of_type(type);
    const Section* texts_section = table ? names_of(layout, *table) : nullptr;
    if (!texts_section) continue;
    const std::string texts = section_bytes(read, *texts_section, kNamesMost);
    each_symbol(read, *table, kSymbolsMost, [&](const Elf64_Sym& symbol, uint64_t) {
      const unsigned kind = ELF64_ST_TYPE(symbol.st_info);
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= texts.size()) return;
      if (kind != STT_OBJECT && kind != STT_FUNC && kind != STT_NOTYPE && kind != STT_COMMON) return;
      std::string_view text = text_at(std::string_view(texts).substr(symbol.st_name, longest + 1), 0);
      text = text.substr(0, text.find('@'));
      const auto at = text.size() > longest ? wanted.end() : wanted.find(text);
      if (at == wanted.end()) return;
      const bool is_global = ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;
      auto& found = at->second;
      if (!found || (is_global && !found->is_global))
        found = Found{symbol.st_value, is_global};
      else if (is_global == found->is_global && symbol.st_value != found->address)
        found->is_several = true;
    });
  }
  std::vector<std::optional<uint64_t>> out;
  for (const std::string_view name : names) {
    const auto& found = wanted[name];
    out.push_back(found && !found->is_several ? std::optional(found->address) : std::nullopt);
  }
  return out;
}

std::string_view Functions::name_at(uint64_t offset) const {
  const auto address = address_of(segments, offset);
  const auto symbol = address ? symbols.at(*address) : std::nullopt;
  return symbol ? symbol->name : std::string_view();
}

Functions read_functions(const ReadAt& read) {
  const auto layout = read_layout(read);
  if (!layout) return {};
  Functions out{layout->segments, {}};
  const Section* table = layout->section_of_type(SHT_SYMTAB);
  if (!table) table = layout->section_of_type(SHT_DYNSYM);
  const Section* names = table ? names_of(*layout, *table) : nullptr;
  if (!names) return out;
  SymbolsBuilder builder(SymbolsBuilder::Index::kByAddress, kFunctionsMost);
  std::string texts = section_bytes(read, *names, kFunctionsMost.names);
  const uint64_t size = texts.size();
  builder.add_names(std::move(texts));
  each_symbol(read, *table, kFunctionsMost.symbols, [&](const Elf64_Sym& symbol, uint64_t) {
    const unsigned type = ELF64_ST_TYPE(symbol.st_info);
    if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF || symbol.st_name >= size)
      return;
    builder.add(symbol.st_value, symbol.st_size, symbol.st_name, Symbol::Kind::kFunction, true, true,
                SymbolsBuilder::kNone);
  });
  out.symbols = builder.finish();
  return out;
}

}  // namespace tripline::binary
