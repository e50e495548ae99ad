// SPDX-License-Identifier: Apache-2.0
// What of an ELF file a policy can hook: its functions, and the markers (USDT) that were put into it. 64-bit
// little-endian files only. Nothing in the file is trusted: a part that is damaged or too large is passed over.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace tripline {

struct ElfMarker {
  std::string provider;
  std::string name;
  std::vector<std::string> operands;  // of its arguments: "-4@%edi"
};

struct ElfFile {
  std::vector<std::string> functions;  // defined ones, in the order of the file, each name once
  std::vector<ElfMarker> markers;      // one for each place where the marker is
};

// The error says why there is no such file, or that it is another kind of file.
[[nodiscard]] std::expected<ElfFile, std::string> read_elf_file(const std::string& path);

// The argument type for an operand, by the size and sign it begins with; "" when it has none.
[[nodiscard]] std::string operand_type(const std::string& operand);

}  // namespace tripline
