// SPDX-License-Identifier: Apache-2.0
// TextBuffer: text that is written at its end, a few bytes at a time and millions of times. Its memory stays with it when
// it is cleared.
#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace tripline {

class TextBuffer {
 public:
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] size_t capacity() const { return capacity_; }
  void clear() { size_ = 0; }
  // The last byte; 0 when there is none.
  [[nodiscard]] char back() const { return size_ == 0 ? '\0' : bytes_[size_ - 1]; }

  // Where the next `bytes` bytes can be written; grow() says how many of them were.
  char* room(size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]]
      enlarge(bytes);
    return bytes_.get() + size_;
  }
  void grow(size_t bytes) { size_ += bytes; }

  void add(char byte) {
    *room(1) = byte;
    ++size_;
  }
  void add(std::string_view text) {
    char* to = room(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    size_ += text.size();
  }
  template <std::integral T>
  void digits(T value) {
    constexpr size_t kMost = 24;
    char* to = room(kMost);
    grow(static_cast<size_t>(std::to_chars(to, to + kMost, value).ptr - to));
  }

 private:
  [[gnu::noinline]] void enlarge(size_t bytes) {
    constexpr size_t kLeast = 1024;
    const size_t capacity = std::max({kLeast, 2 * capacity_, size_ + bytes});
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tripline
