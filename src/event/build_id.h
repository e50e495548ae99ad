// SPDX-License-Identifier: Apache-2.0
// The build id of an ELF file: a note that tells which build of a program or library it holds. Read here when it was not
// found in the kernel's memory (bpf/lib/build_id.bpf.c). Nothing in the file is trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace tripline {

// Up to `size` bytes of a file from `offset`; fewer at its end, or when it cannot be read.
using ReadFileAt = std::function<std::string(uint64_t offset, size_t size)>;

// Its bytes; empty when the file has none. Absent when the file cannot be read.
[[nodiscard]] std::optional<std::string> find_build_id(const ReadFileAt& read);

}  // namespace tripline
