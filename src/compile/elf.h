// SPDX-License-Identifier: Apache-2.0
// Writes the ELF object of one generated program, before linking: its section, license, symbols, relocations and the
// .BTF and .BTF.ext sections it is given. Only what libbpf's linker reads.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "compile/emit.h"

namespace tripline {

struct ElfInput {
  std::string section;
  std::string name;
  const Code* code = nullptr;
  std::span<const std::byte> btf;
  std::span<const std::byte> btf_ext;
};

[[nodiscard]] std::vector<std::byte> write_elf(const ElfInput& input);

}  // namespace tripline
