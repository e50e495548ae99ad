// SPDX-License-Identifier: Apache-2.0
#include "binary/pclntab.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripline::binary {
namespace {

constexpr uint64_t kTableMost = uint64_t{256} << 20;
constexpr uint64_t kScannedMost = uint64_t{512}
                                  << 20;  // bytes that are searched for the table, or for what leads to it
constexpr size_t kBlock = size_t{1} << 20;
constexpr size_t kTablesMost = 4;       // that look like one, and are read
constexpr size_t kCandidatesMost = 16;  // words that are the table's address
constexpr size_t kNameMost = 1 << 16;   // bytes

enum class Form { kGo2, kGo16, kGo18 };

std::optional<Form> form_of(std::string_view bytes) {
  // Two zeros, the size of the smallest instruction, and that of a pointer.
  if (bytes.size() < 8 || bytes.substr(4, 4) != std::string_view("\0\0\1\x08", 4)) return std::nullopt;
  switch (value_at<uint32_t>(bytes, 0)) {
    case 0xfffffffb:
      return Form::kGo2;
    case 0xfffffffa:
      return Form::kGo16;
    case 0xfffffff0:
    case 0xfffffff1:
      return Form::kGo18;
    default:
      return std::nullopt;
  }
}

struct Table {
  uint64_t address = 0;
  std::string bytes;
  Form form = Form::kGo2;
  // Where in `bytes`, by what its header says.
  uint64_t count = 0;      // of functions
  uint64_t names = 0;      // offsets of names are from here
  uint64_t functions = 0;  // the list of functions
  uint64_t details = 0;    // offsets in that list are from here
  uint64_t text = 0;       // addresses in that list are from here
};

std::optional<Table> table_of(uint64_t address, std::string bytes) {
  const auto form = form_of(bytes);
  if (!form) return std::nullopt;
  Table out{.address = address, .bytes = std::move(bytes), .form = *form};
  const auto word = [&](size_t n) { return value_at<uint64_t>(out.bytes, 8 + 8 * n); };
  out.count = word(0);
  switch (*form) {
    case Form::kGo2:
      out.functions = 16;
      break;
    case Form::kGo16:
      out.names = word(2);
      out.functions = out.details = word(6);
      break;
    case Form::kGo18:
      out.text = word(2);
      out.names = word(3);
      out.functions = out.details = word(7);
      break;
  }
  const uint64_t entry = *form == Form::kGo18 ? 8 : 16;
  if (out.count == 0 || out.functions >= out.bytes.size() || out.names >= out.bytes.size() ||
      out.count > (out.bytes.size() - out.functions) / entry)
    return std::nullopt;
  return out;
}

bool is_code_address(const Layout& layout, uint64_t address) {
  const auto offset = offset_of(layout.segments, address);
  return offset && is_code(layout.segments, *offset);
}

// Calls visit(address, bytes) for parts of the segments one after the other, until it returns false.
template <typename Visit>
void scan(const ReadAt& read, const Layout& layout, Visit visit) {
  uint64_t left = kScannedMost;
  for (const Segment& segment : layout.segments) {
    for (uint64_t at = 0; at < segment.file_size && left > 0; at += kBlock) {
      const std::string bytes = read(segment.offset + at, std::min<uint64_t>(kBlock, segment.file_size - at));
      if (bytes.empty()) break;
      if (!visit(segment.address + at, std::string_view(bytes))) return;
      left -= std::min<uint64_t>(left, bytes.size());
    }
  }
}

std::optional<Table> find_table(const ReadAt& read, const Layout& layout) {
  bool named = false;
  size_t candidates = 0;
  for (const Section& section : layout.sections) {
    named = named || !section.name.empty();
    // ".data.rel.ro.gopclntab" in a position-independent program.
    if (!section.name.ends_with(".gopclntab") || candidates == kTablesMost) continue;
    ++candidates;
    if (auto table = table_of(section.head.sh_addr, section_bytes(read, section, kTableMost))) return table;
  }
  if (named) return std::nullopt;
  std::optional<Table> found;
  scan(read, layout, [&](uint64_t address, std::string_view bytes) {
    for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      if (static_cast<unsigned char>(bytes[at + 3]) != 0xff || !form_of(bytes.substr(at, 8))) continue;
      const auto offset = offset_of(layout.segments, address + at);
      if (offset) found = table_of(address + at, read(*offset, kTableMost));
      if (found || ++candidates == kTablesMost) return false;
    }
    return true;
  });
  return found;
}

// The runtime has one description of the program: it begins with the address of the table, and, past the table's parts,
// says where the code starts. Since Go 1.26 that is only there.
constexpr uint64_t kNamesWord = 1, kTextWord = 22;

bool is_description(const Layout& layout, const Table& table, uint64_t names, uint64_t text) {
  return names == table.address + table.names && is_code_address(layout, text);
}

std::optional<uint64_t> text_in_data(const ReadAt& read, const Layout& layout, const Table& table) {
  std::optional<uint64_t> found;
  size_t candidates = 0;
  scan(read, layout, [&](uint64_t address, std::string_view bytes) {
    for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      if (value_at<uint64_t>(bytes, at) != table.address) continue;
      const auto offset = offset_of(layout.segments, address + at);
      if (!offset) continue;
      const std::string words = read(*offset, (kTextWord + 1) * 8);
      const auto text = value_at<uint64_t>(words, kTextWord * 8);
      if (is_description(layout, table, value_at<uint64_t>(words, kNamesWord * 8), text)) found = text;
      if (found || ++candidates == kCandidatesMost) return false;
    }
    return true;
  });
  return found;
}

// The C linker leaves zeros where the dynamic linker will put an address.
std::optional<uint64_t> text_in_relocations(const ReadAt& read, const Layout& layout, const Table& table) {
  uint64_t start = 0, size = 0;
  const std::string dynamic =
      bytes_at(read, layout.dynamic.p_offset, layout.dynamic.p_filesz, uint64_t{1} << 20);
  for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= dynamic.size(); at += sizeof(Elf64_Dyn)) {
    const auto entry = value_at<Elf64_Dyn>(dynamic, at);
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_RELA) start = entry.d_un.d_ptr;
    if (entry.d_tag == DT_RELASZ) size = entry.d_un.d_val;
  }
  const auto offset = offset_of(layout.segments, start);
  if (!offset) return std::nullopt;
  // By the address, which they are sorted by.
  std::optional<uint64_t> description, names;
  const uint64_t most = std::min(size, kScannedMost);
  constexpr uint64_t kPart = kBlock / sizeof(Elf64_Rela) * sizeof(Elf64_Rela);
  for (uint64_t at = 0; at < most; at += kPart) {
    const std::string bytes = read(*offset + at, std::min(kPart, most - at));
    if (bytes.empty()) break;
    for (uint64_t n = 0; n + sizeof(Elf64_Rela) <= bytes.size(); n += sizeof(Elf64_Rela)) {
      const auto entry = value_at<Elf64_Rela>(bytes, n);
      if (ELF64_R_TYPE(entry.r_info) != R_X86_64_RELATIVE) continue;
      const auto target = static_cast<uint64_t>(entry.r_addend);
      if (description && entry.r_offset == *description + kNamesWord * 8) names = target;
      if (description && names && entry.r_offset == *description + kTextWord * 8 &&
          is_description(layout, table, *names, target))
        return target;
      if (target == table.address) {
        description = entry.r_offset;
        names.reset();
      }
    }
  }
  return std::nullopt;
}

uint64_t text_of(const ReadAt& read, const Layout& layout, const Table& table) {
  if (const auto text = text_in_data(read, layout, table)) return *text;
  if (const auto text = text_in_relocations(read, layout, table)) return *text;
  if (table.text != 0) return table.text;
  const Section* code = layout.section(".text");
  return code ? code->head.sh_addr : 0;
}

struct Function {
  uint64_t address = 0;
  std::string_view name;
};

Function function_of(const Table& table, uint64_t n) {
  const std::string_view bytes = table.bytes;
  const auto name_at = [&](uint64_t offset) {
    const uint64_t at = table.names + offset;
    return at < bytes.size() ? text_at(bytes.substr(at, kNameMost), 0) : std::string_view();
  };
  if (table.form == Form::kGo18) {
    const uint64_t at = table.functions + n * 8;
    const uint64_t detail = table.details + value_at<uint32_t>(bytes, at + 4);
    return {table.text + value_at<uint32_t>(bytes, at), name_at(value_at<uint32_t>(bytes, detail + 4))};
  }
  const uint64_t at = table.functions + n * 16;
  const uint64_t detail = table.details + value_at<uint64_t>(bytes, at + 8);
  return {value_at<uint64_t>(bytes, at), name_at(value_at<uint32_t>(bytes, detail + 8))};
}

}  // namespace

bool add_go_functions(const ReadAt& read, Layout& layout, SymbolsBuilder& builder) {
  auto table = find_table(read, layout);
  if (!table) return false;
  if (table->form == Form::kGo18) table->text = text_of(read, layout, *table);
  size_t nowhere = 0;
  for (uint64_t n = 0; n < table->count && !builder.full(); ++n) {
    const Function function = function_of(*table, n);
    if (!is_code_address(layout, function.address)) {
      ++nowhere;
      continue;
    }
    // Behind the last one stands where it ends.
    const uint64_t end = function_of(*table, n + 1).address;
    const uint64_t size = end > function.address ? end - function.address : 0;
    if (function.name.empty()) continue;
    builder.add(function.address, size, builder.add_names(std::string(function.name)),
                Symbol::Kind::kFunction, true, true, SymbolsBuilder::kNone);
  }
  if (nowhere > 0) layout.damage.emplace_back("functions of its Go table are not in code");
  if (builder.full()) layout.damage.emplace_back("it has more symbols than are read");
  return true;
}

}  // namespace tripline::binary
