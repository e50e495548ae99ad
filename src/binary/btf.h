// SPDX-License-Identifier: Apache-2.0
// Where the types of a file are. What they mean is for src/kernel: parsed there, damaged ones are refused.
#pragma once

#include <cstddef>
#include <vector>

#include "binary/read_at.h"
#include "binary/refusal.h"

namespace tripline::binary {

// BTF of a file that is nothing else, or the section .BTF of an ELF file for any machine. Empty when an ELF file has
// none.
[[nodiscard]] Read<std::vector<std::byte>> read_btf(const ReadAt& read);

}  // namespace tripline::binary
