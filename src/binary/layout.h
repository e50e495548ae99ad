// SPDX-License-Identifier: Apache-2.0
// The layout of an ELF file: its segments and sections. 64-bit little-endian files only. The sizes and positions in
// the file are taken as they are; reading at a false position finds nothing.
#pragma once

#include <elf.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "binary/read_at.h"
#include "binary/refusal.h"
#include "binary/segment.h"

namespace tripline::binary {

struct Section {
  Elf64_Shdr head{};
  std::string name;  // empty until name_sections()
};

struct Layout {
  Elf64_Ehdr head{};
  std::vector<Segment> segments;    // those that are loaded
  std::vector<Elf64_Phdr> notes;    // segments of notes
  Elf64_Phdr dynamic{};             // what the dynamic linker reads; all zero when there is none
  std::vector<Section> sections;    // as the file numbers them
  uint32_t names = 0;               // the section that has their names; 0: none
  std::vector<std::string> damage;  // what was passed over: "its section headers lie beyond its end"

  // Null when there is none; by name only after name_sections().
  [[nodiscard]] const Section* section(std::string_view name) const;
  [[nodiscard]] const Section* section_of_type(uint32_t type) const;
};

[[nodiscard]] Read<Layout> read_layout(const ReadAt& read);
// Names are read only when they are asked for: who looks for symbols alone needs none.
void name_sections(const ReadAt& read, Layout& layout);

// All of a section; empty when it has no bytes in the file, is compressed, is not wholly there, or has more than `most`.
[[nodiscard]] std::string section_bytes(const ReadAt& read, const Section& section, uint64_t most);

}  // namespace tripline::binary
