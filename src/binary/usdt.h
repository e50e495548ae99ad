// SPDX-License-Identifier: Apache-2.0
// USDT probes: places in a program's code that its authors marked, each a nop and a note with its position, its name
// and the locations of its arguments. One probe is often in several places, each a UsdtProbe with its own operands.
// The notes are in sections that strip keeps and that are not mapped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "binary/layout.h"
#include "binary/operand.h"
#include "binary/read_at.h"

namespace tripline::binary {

struct UsdtProbe {
  std::string provider;
  std::string name;
  uint64_t address = 0;  // of the nop
  uint64_t offset = 0;   // in the file, executable
  // Of the counter of those who watch: while it is 0 many programs pass over the probe. 0: there is none.
  uint64_t semaphore = 0;
  std::optional<uint64_t> semaphore_offset;  // in the file; absent with a semaphore: it cannot be raised
  std::vector<Operand> arguments;
};

struct UsdtProbes {
  std::vector<UsdtProbe> probes;  // in the order of the file
  size_t bad_notes = 0;           // passed over: cut off, without names, or not in code
};

// `layout` with the names of its sections.
[[nodiscard]] UsdtProbes read_usdt_probes(const ReadAt& read, const Layout& layout);

}  // namespace tripline::binary
