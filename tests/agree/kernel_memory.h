// SPDX-License-Identifier: Apache-2.0
// Memory that is both ours and the kernel's: a mapped BPF array whose kernel address is known. A test lays out struct
// file, dentry, mount and inode in it, as the kernel under test has them, and hands their addresses to a program.
//
// Nothing in the kernel ever follows these structs but the program under test, which only reads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"
#include "oracle/generate.h"

struct bpf_object;

namespace tripline::agree {

class KernelMemory {
 public:
  static Result<std::unique_ptr<KernelMemory>> create();
  ~KernelMemory();
  KernelMemory(const KernelMemory&) = delete;
  KernelMemory& operator=(const KernelMemory&) = delete;

  // Frees everything that was taken.
  void reset() { used_ = kReserved; }
  // Takes `size` bytes and returns their kernel address; 0 when the memory is full. What they hold is left over.
  [[nodiscard]] uint64_t take(size_t size);
  [[nodiscard]] uint8_t* at(uint64_t address) { return memory_ + (address - address_); }
  void write8(uint64_t address, uint64_t number);
  void write4(uint64_t address, uint32_t number);
  void write2(uint64_t address, uint16_t number);

  // The kernel address of the file that `fd` of the calling thread stands for.
  [[nodiscard]] Result<uint64_t> open_file(int fd) const;

 private:
  static constexpr size_t kReserved = 64;

  KernelMemory() = default;

  bpf_object* object_ = nullptr;
  uint8_t* memory_ = nullptr;
  size_t size_ = 0;
  uint64_t address_ = 0;
  size_t used_ = kReserved;
};

}  // namespace tripline::agree
