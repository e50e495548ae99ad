// SPDX-License-Identifier: Apache-2.0
// A list that only grows, up to a limit: one thread appends, and others read meanwhile; neither waits. Elements do
// not move, and memory use is roughly proportional to their number.
#pragma once

#include <array>
#include <atomic>
#include <bit>
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
  [[nodiscard]] const T& operator[](size_t at) const { return chunks_[chunk_of(at)][place_of(at)]; }
  [[nodiscard]] T& operator[](size_t at) { return chunks_[chunk_of(at)][place_of(at)]; }
  // One more, as `fill(T&)` leaves it; not when it is full. Of the thread that adds.
  template <typename Fill>
  T& add(const Fill& fill) {
    const size_t at = size();
    if (place_of(at) == 0) chunks_[chunk_of(at)] = std::make_unique<T[]>(kFirst << chunk_of(at));
    T& added = (*this)[at];
    fill(added);
    size_.store(at + 1, std::memory_order_release);
    return added;
  }

 private:
  // Each chunk has twice as many as the one before.
  static constexpr size_t kFirst = 8;
  static constexpr size_t chunk_of(size_t at) {
    return static_cast<size_t>(std::bit_width(at / kFirst + 1)) - 1;
  }
  static constexpr size_t place_of(size_t at) { return at - kFirst * ((size_t{1} << chunk_of(at)) - 1); }
  static constexpr size_t kChunks = chunk_of(kMost - 1) + 1;
  static_assert(chunk_of(kFirst - 1) == 0 && place_of(kFirst) == 0 && chunk_of(3 * kFirst) == 2);
  std::array<std::unique_ptr<T[]>, kChunks> chunks_;  // those of elements up to size_ do not change
  std::atomic<size_t> size_ = 0;
};

}  // namespace tripline
