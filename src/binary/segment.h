// SPDX-License-Identifier: Apache-2.0
// Which bytes of a file are at which addresses when it is mapped. Addresses are those that the file was linked for:
// where a library or a position-independent program really lies is known only once it runs. Hooks need file offsets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tripline::binary {

struct Segment {
  uint64_t address = 0;
  uint64_t offset = 0;
  uint64_t file_size = 0;    // bytes from the file
  uint64_t memory_size = 0;  // those, and zeros behind them
  bool executable = false;
  bool writable = false;
};

// The file offset of what is at `address`; absent when it is in no segment, or among the zeros that no file has.
[[nodiscard]] std::optional<uint64_t> offset_of(std::span<const Segment> segments, uint64_t address);
// The address of the byte at `offset`. Where two segments have the same byte, the executable one counts.
[[nodiscard]] std::optional<uint64_t> address_of(std::span<const Segment> segments, uint64_t offset);
// Can the byte at `offset` be executed?
[[nodiscard]] bool is_code(std::span<const Segment> segments, uint64_t offset);

}  // namespace tripline::binary
