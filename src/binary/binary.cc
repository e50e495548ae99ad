// SPDX-License-Identifier: Apache-2.0
#include "binary/binary.h"

#include <utility>

#include "binary/layout.h"
#include "binary/notes.h"
#include "binary/pclntab.h"
#include "binary/symbol_tables.h"

namespace tripline::binary {

std::vector<const UsdtProbe*> Binary::find_probe(std::string_view provider, std::string_view name) const {
  std::vector<const UsdtProbe*> out;
  for (const UsdtProbe& probe : probes)
    if (probe.provider == provider && probe.name == name) out.push_back(&probe);
  return out;
}

Read<Binary> read_binary(const ReadAt& read) {
  auto layout = read_layout(read);
  if (!layout) return std::unexpected(layout.error());
  const auto refuse = [](Fault fault, std::string detail) {
    return std::unexpected(Refusal{fault, std::move(detail)});
  };
  if (layout->head.e_machine != EM_X86_64) return refuse(Fault::kOtherMachine, "is not for x86-64");
  if (layout->head.e_type != ET_EXEC && layout->head.e_type != ET_DYN)
    return refuse(Fault::kOtherMachine, "is neither a program nor a library");
  if (layout->segments.empty()) return refuse(Fault::kDamaged, "is damaged: it has no loadable segments");
  name_sections(read, *layout);

  Binary out{.is_fixed = layout->head.e_type == ET_EXEC, .entry = layout->head.e_entry};
  SymbolsBuilder builder(SymbolsBuilder::Index::kByNameToo);
  add_symbols(read, *layout, builder);
  if (!layout->section_of_type(SHT_SYMTAB)) out.is_go = add_go_functions(read, *layout, builder);
  out.symbols = builder.finish();
  UsdtProbes probes = read_usdt_probes(read, *layout);
  out.probes = std::move(probes.probes);
  out.bad_notes = probes.bad_notes;
  out.build_id = read_build_id(read, *layout);
  out.segments = std::move(layout->segments);
  out.damage = std::move(layout->damage);
  return out;
}

Read<Binary> read_binary(int file) { return read_binary(reader_of(file)); }

}  // namespace tripline::binary
