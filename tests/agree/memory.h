// SPDX-License-Identifier: Apache-2.0
// Memory at known addresses, to lay out kernel structs in. Taken bit by bit, freed all at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tripline::agree {

class Memory {
 public:
  Memory() = default;
  // `bytes` are what is at `address`.
  Memory(std::span<uint8_t> bytes, uint64_t address) : bytes_(bytes), address_(address) {}

  // Frees everything that was taken.
  void reset() { used_ = kReserved; }
  // Takes `size` bytes and returns their address; 0 when the memory is full. What they hold is left over.
  [[nodiscard]] uint64_t take(size_t size) {
    const size_t at = (used_ + 7) / 8 * 8;
    if (at + size > bytes_.size()) return 0;
    used_ = at + size;
    return address_ + at;
  }

  [[nodiscard]] bool holds(uint64_t address) const {
    return address >= address_ && address - address_ < bytes_.size();
  }
  [[nodiscard]] uint8_t* at(uint64_t address) const { return bytes_.data() + (address - address_); }

  template <typename T>
  void write(uint64_t address, T number) const {
    std::memcpy(at(address), &number, sizeof(number));
  }

 private:
  static constexpr size_t kReserved = 64;  // the first word is not ours

  std::span<uint8_t> bytes_;
  uint64_t address_ = 0;
  size_t used_ = kReserved;
};

}  // namespace tripline::agree
