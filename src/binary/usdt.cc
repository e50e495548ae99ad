// SPDX-License-Identifier: Apache-2.0
#include "binary/usdt.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "binary/notes.h"
#include "binary/symbol_tables.h"

namespace tripline::binary {
namespace {

constexpr uint32_t kProbeNote = 3;
constexpr uint64_t kNotesMost = uint64_t{32} << 20;  // bytes, of all sections
constexpr size_t kProbesMost = 1 << 16;
constexpr size_t kArgumentsMost = 16;  // sys/sdt.h has 12
constexpr size_t kNameMost = 1024;     // bytes
constexpr size_t kTextMost = 8192;     // bytes of all operands of a probe
constexpr size_t kSymbolsMost = 1 << 16;

// A note's three addresses, then three texts that end with a NUL each.
struct Content {
  uint64_t address = 0, base = 0, semaphore = 0;
  std::string_view provider, name, operands;
};

bool read_content(std::string_view bytes, Content& out) {
  constexpr size_t kAddresses = 3 * sizeof(uint64_t);
  if (bytes.size() <= kAddresses) return false;
  out.address = value_at<uint64_t>(bytes, 0);
  out.base = value_at<uint64_t>(bytes, 8);
  out.semaphore = value_at<uint64_t>(bytes, 16);
  bytes.remove_prefix(kAddresses);
  for (std::string_view* part : {&out.provider, &out.name, &out.operands}) {
    const size_t end = bytes.find('\0');
    if (end == bytes.npos) return false;
    *part = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
  }
  return !out.provider.empty() && out.provider.size() <= kNameMost && !out.name.empty() &&
         out.name.size() <= kNameMost && out.operands.size() <= kTextMost;
}

// Who moved the file to other addresses after it was linked did not touch the notes, but the section .stapsdt.base moved
// with the rest.
void adjust(const Section* base, Content& content) {
  if (!base || content.base == 0) return;
  const uint64_t moved = base->head.sh_addr - content.base;
  content.address += moved;
  if (content.semaphore != 0) content.semaphore += moved;
}

bool place(const Layout& layout, const Content& content, UsdtProbe& out) {
  const auto offset = offset_of(layout.segments, content.address);
  if (!offset || !is_code(layout.segments, *offset)) return false;
  out.provider = content.provider;
  out.name = content.name;
  out.address = content.address;
  out.offset = *offset;
  out.semaphore = content.semaphore;
  if (content.semaphore != 0) out.semaphore_offset = offset_of(layout.segments, content.semaphore);
  return true;
}

struct Found {
  UsdtProbes probes;
  std::vector<std::vector<std::string>> operands;  // of each probe
};

Found read_notes(const ReadAt& read, const Layout& layout) {
  Found out;
  const Section* base = layout.section(".stapsdt.base");
  uint64_t left = kNotesMost;
  for (const Section& section : layout.sections) {
    if (section.head.sh_type != SHT_NOTE || section.name != ".note.stapsdt") continue;
    const std::string bytes = section_bytes(read, section, left);
    left -= std::min<uint64_t>(left, section.head.sh_size);
    if (bytes.empty() && section.head.sh_size > 0) ++out.probes.bad_notes;
    std::string_view rest = bytes;
    for (Note note; take_note(rest, section.head.sh_addralign, note);) {
      if (note.owner != "stapsdt" || note.type != kProbeNote) continue;
      Content content;
      UsdtProbe probe;
      bool is_good = out.probes.probes.size() < kProbesMost && read_content(note.content, content);
      if (is_good) {
        adjust(base, content);
        is_good = place(layout, content, probe);
      }
      const auto operands = split_operands(is_good ? content.operands : std::string_view());
      if (!is_good || operands.size() > kArgumentsMost) {
        ++out.probes.bad_notes;
        continue;
      }
      out.probes.probes.push_back(std::move(probe));
      out.operands.emplace_back(operands.begin(), operands.end());
    }
    // Padding is no note that is cut off.
    if (rest.find_first_not_of('\0') != rest.npos) ++out.probes.bad_notes;
  }
  return out;
}

using Addresses = std::unordered_map<std::string_view, std::optional<uint64_t>>;

// Of the symbols that operands name: few programs have any.
Addresses read_addresses(const ReadAt& read, const Layout& layout,
                         const std::vector<std::vector<std::string>>& operands) {
  Addresses out;
  std::vector<std::string_view> names;
  for (const auto& of_probe : operands)
    for (const std::string& text : of_probe) {
      const std::string_view name = operand_symbol(text);
      if (!name.empty() && name.size() <= kNameMost && names.size() < kSymbolsMost &&
          out.emplace(name, std::nullopt).second)
        names.push_back(name);
    }
  if (names.empty()) return out;
  const auto found = addresses_of(read, layout, names);
  for (size_t n = 0; n < names.size(); ++n) out[names[n]] = found[n];
  return out;
}

}  // namespace

UsdtProbes read_usdt_probes(const ReadAt& read, const Layout& layout) {
  Found found = read_notes(read, layout);
  const Addresses addresses = read_addresses(read, layout, found.operands);
  for (size_t n = 0; n < found.operands.size(); ++n) {
    UsdtProbe& probe = found.probes.probes[n];
    const OperandPlace place{probe.address, layout.head.e_type == ET_EXEC,
                             [&](std::string_view symbol) -> std::optional<uint64_t> {
                               const auto at = addresses.find(symbol);
                               return at == addresses.end() ? std::nullopt : at->second;
                             }};
    for (const std::string& text : found.operands[n]) probe.arguments.push_back(parse_operand(text, place));
  }
  return std::move(found.probes);
}

}  // namespace tripline::binary
