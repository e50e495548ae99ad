// SPDX-License-Identifier: Apache-2.0
// Memory that is both ours and the kernel's: a mapped BPF array whose kernel address is known. A test lays out struct
// file, dentry, mount and inode in it, as the kernel under test has them, and hands their addresses to a program.
//
// Nothing in the kernel ever follows these structs but the program under test, which only reads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "agree/memory.h"
#include "base/result.h"

struct bpf_object;

namespace tripline::agree {

class KernelMemory {
 public:
  static Result<std::unique_ptr<KernelMemory>> create();
  ~KernelMemory();
  KernelMemory(const KernelMemory&) = delete;
  KernelMemory& operator=(const KernelMemory&) = delete;

  [[nodiscard]] Memory& memory() { return memory_; }

  // The kernel address of the file that `fd` of the calling thread stands for.
  [[nodiscard]] Result<uint64_t> open_file(int fd) const;
  // What is at an address of the kernel; 0 when that cannot be read.
  [[nodiscard]] Result<uint64_t> word(uint64_t address) const;

 private:
  KernelMemory() = default;
  [[nodiscard]] Result<uint64_t> ask(const char* program, uint64_t argument) const;

  bpf_object* object_ = nullptr;
  std::span<uint8_t> mapped_;
  Memory memory_;
};

}  // namespace tripline::agree
