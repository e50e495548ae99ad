// SPDX-License-Identifier: Apache-2.0
// The symbol tables of an ELF file: .symtab, which strip removes, and .dynsym, which stays and has versions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "binary/layout.h"
#include "binary/read_at.h"
#include "binary/symbols.h"

namespace tripline::binary {

// All functions of both tables, with versions; what could not be read is added to the layout's damage.
void add_symbols(const ReadAt& read, Layout& layout, SymbolsBuilder& builder);

// The addresses of variables and functions by name, for the few that are asked for; absent when there are none or several.
[[nodiscard]] std::vector<std::optional<uint64_t>> addresses_of(const ReadAt& read, const Layout& layout,
                                                                const std::vector<std::string_view>& names);

// The functions of the fuller of the two tables, to name addresses.
struct Functions {
  std::vector<Segment> segments;
  Symbols symbols;

  // The function that holds the byte at `offset` of the file; empty when none does.
  [[nodiscard]] std::string_view name_at(uint64_t offset) const;
  // Bytes of memory, about.
  [[nodiscard]] size_t size() const { return symbols.size(); }
};
// Of a file that is damaged, or none that is ELF, nothing has a name.
[[nodiscard]] Functions read_functions(const ReadAt& read);

}  // namespace tripline::binary
