// SPDX-License-Identifier: Apache-2.0
// A list that only grows, up to a limit: one thread adds to it, and others read what is there meanwhile, without waiting
// and without being waited for. Elements stay where they are.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace tripline {

// A number that one thread counts and others read.
class Count {
 public:
  void add(uint64_t more = 1) { value_.store(get() + more, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

template <typename T, size_t kMost>
class GrowOnly {
 public:
  [[nodiscard]] size_t size() const { return size_.load(std::memory_order_acquire); }
  [[nodiscard]] bool full() const { return size() == kMost; }
  [[nodiscard]] const T& operator[](size_t at) const { return chunks_[at / kChunk][at % kChunk]; }
  [[nodiscard]] T& operator[](size_t at) { return chunks_[at / kChunk][at % kChunk]; }
  // One more, as `fill(T&)` leaves it; not when it is full. Of the thread that adds.
  template <typename Fill>
  T& add(const Fill& fill) {
    const size_t at = size();
    if (at % kChunk == 0) chunks_[at / kChunk] = std::make_unique<T[]>(kChunk);
    T& added = (*this)[at];
    fill(added);
    size_.store(at + 1, std::memory_order_release);
    return added;
  }

 private:
  static constexpr size_t kChunk = 64;
  static_assert(kMost % kChunk == 0);
  std::array<std::unique_ptr<T[]>, kMost / kChunk> chunks_;  // those of elements up to size_ do not change
  std::atomic<size_t> size_ = 0;
};

}  // namespace tripline
