// SPDX-License-Identifier: Apache-2.0
// The notes of an ELF file: small records with an owner and a type. The build id is one of them, a hash by which the
// linker identifies the build.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "binary/layout.h"
#include "binary/read_at.h"

namespace tripline::binary {

struct Note {
  std::string_view owner;  // without its NUL
  uint32_t type = 0;
  std::string_view content;
};

// Takes the next note of `bytes`. False at their end, and when what is left is no whole note: then they stay.
[[nodiscard]] bool take_note(std::string_view& bytes, uint64_t alignment, Note& note);

// In hexadecimal; empty when there is none.
[[nodiscard]] std::string read_build_id(const ReadAt& read, const Layout& layout);

}  // namespace tripline::binary
