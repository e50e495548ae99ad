// SPDX-License-Identifier: Apache-2.0
// The functions of an ELF file, to name the frames of user stacks. The file belongs to whoever runs it, so nothing in
// it is trusted: what is damaged, too large or of another kind than 64-bit little-endian simply has no names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tripline {

class ElfSymbols {
 public:
  // Up to `size` bytes of the file from `offset`; fewer at its end, or when it cannot be read.
  using ReadAt = std::function<std::string(uint64_t offset, size_t size)>;

  ElfSymbols() = default;
  explicit ElfSymbols(const ReadAt& read);

  // The function that holds the byte at `offset` of the file; empty when none does.
  [[nodiscard]] std::string_view find(uint64_t offset) const;

  // Bytes of memory, about.
  [[nodiscard]] size_t size() const { return functions_.size() * sizeof(Function) + names_.size(); }

 private:
  struct Segment {
    uint64_t offset = 0, address = 0, size = 0;
  };
  struct Function {
    uint64_t address = 0;
    uint32_t size = 0;  // 0: not known
    uint32_t name = 0;  // where in names_ it starts
  };

  std::vector<Segment> segments_;
  std::vector<Function> functions_;  // by address
  std::string names_;
};

}  // namespace tripline
