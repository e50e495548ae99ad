// SPDX-License-Identifier: Apache-2.0
// The wire form of a message of protobuf, written field by field. What the caller writes in the order of the numbers,
// protobuf would write as the same bytes.
//
// The length of a message that stands in another comes before it and is known after it: one byte is left for it, and
// what follows is moved on when that is not enough.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace tripline {

class WireOut {
 public:
  // A field that is written whatever its value.
  void set_number(int field, std::integral auto value) {
    make_room(2 * kLongest);
    tag(field, kVarint);
    varint(static_cast<uint64_t>(value));  // numbers below zero have ten bytes, also those of 32 bits
  }
  void set_text(int field, std::string_view text) {
    make_room(2 * kLongest + text.size());
    tag(field, kBytes);
    varint(text.size());
    copy(text);
  }

  // A field that is left out when it is zero or empty.
  void number(int field, std::integral auto value) {
    if (value != 0) set_number(field, value);
  }
  void text(int field, std::string_view text) {
    if (!text.empty()) set_text(field, text);
  }

  // A field that is a message, or a list of numbers: what `write` writes.
  template <typename Write>
  void message(int field, Write write) {
    make_room(2 * kLongest);
    tag(field, kBytes);
    const size_t at = size_++;
    write();
    const size_t length = size_ - at - 1;
    if (length < 0x80)
      bytes_[at] = static_cast<char>(length);
    else
      insert_length(at, length);
  }
  // An element of a list of numbers.
  void element(std::integral auto value) {
    make_room(kLongest);
    varint(static_cast<uint64_t>(value));
  }
  // Fields that are written already.
  void raw(std::string_view fields) {
    make_room(fields.size());
    copy(fields);
  }

  void clear() { size_ = 0; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  static constexpr size_t kLongest = 10;  // bytes of a number
  static constexpr uint32_t kVarint = 0, kBytes = 2;

  void make_room(size_t more) {
    if (capacity_ - size_ < more) grow(more);
  }
  void grow(size_t more) {
    capacity_ = (capacity_ + more) * 2;
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity_);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
  }
  void tag(int field, uint32_t type) { varint(static_cast<uint32_t>(field) << 3 | type); }
  void varint(uint64_t value) {
    char* to = bytes_.get() + size_;
    for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
    *to++ = static_cast<char>(value);
    size_ = static_cast<size_t>(to - bytes_.get());
  }
  void copy(std::string_view text) {
    if (!text.empty()) std::memcpy(bytes_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void insert_length(size_t at, size_t length) {
    size_t more = 0;  // bytes of the length beyond the first
    for (size_t rest = length >> 7; rest > 0; rest >>= 7) more++;
    make_room(more);
    std::memmove(bytes_.get() + at + 1 + more, bytes_.get() + at + 1, length);
    size_ = at;
    varint(length);
    size_ += length;
  }

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tripline
