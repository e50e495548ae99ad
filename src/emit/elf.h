// SPDX-License-Identifier: Apache-2.0
// Writes the ELF object of one generated program, before linking: its functions, license, symbols, relocations and the
// .BTF and .BTF.ext sections it is given. Only what libbpf's linker reads.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "emit/emit.h"

namespace tripline {

// One function in a section of its own.
struct ElfFunction {
  std::string section;
  std::string name;
  bool hidden = false;  // libbpf makes a static subprogram of it
  const Code* code = nullptr;
};

struct ElfInput {
  std::vector<ElfFunction> functions;
  std::span<const std::byte> btf;
  std::span<const std::byte> btf_ext;
};

[[nodiscard]] std::vector<std::byte> write_elf(const ElfInput& input);

}  // namespace tripline
