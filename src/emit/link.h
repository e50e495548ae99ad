// SPDX-License-Identifier: Apache-2.0
// From code to an ELF object that libbpf can load: the generated program, type information for what it calls, and the
// variant of the runtime library it needs, put together by libbpf's static linker. Works in memory only.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "emit/elf.h"
#include "emit/emit.h"

namespace tripline {

struct LinkInput {
  std::string section;  // ELF section, which libbpf takes the program type from: "fentry/fd_install"
  std::string name;     // symbol of the program, a C identifier of at most 15 bytes
  const Code* code = nullptr;
  const Code* judge = nullptr;                        // the hook's second program, tl_judge; may be null
  std::vector<std::span<const std::byte>> libraries;  // ELF bytes of bpf/lib
};

// The linked ELF file. Fails when libbpf's linker refuses; that is a defect of ours, the error holds its words.
[[nodiscard]] Result<std::vector<std::byte>> link(const LinkInput& input);

// The same of several generated objects, each of functions with a section of their own.
[[nodiscard]] Result<std::vector<std::byte>> link_units(
    const std::vector<std::vector<ElfFunction>>& units,
    const std::vector<std::span<const std::byte>>& libraries, const std::string& name);

}  // namespace tripline
