// SPDX-License-Identifier: Apache-2.0
// Reads an untrusted file in parts. Files are read and never mapped: one that is truncated meanwhile gives fewer
// bytes, not a SIGBUS. Memory use depends on the file's real size, not on the sizes it claims.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tripline::binary {

// Up to `size` bytes of the file from `offset`; fewer at its end, or when it cannot be read.
using ReadAt = std::function<std::string(uint64_t offset, size_t size)>;

// Of an open file, which stays the caller's and must outlive it.
[[nodiscard]] ReadAt reader_of(int file);
// Of bytes in memory, which must outlive it.
[[nodiscard]] ReadAt reader_of(std::string_view bytes);

// `size` bytes at `offset`; empty unless all are there, or when they are more than `most`.
[[nodiscard]] std::string bytes_at(const ReadAt& read, uint64_t offset, uint64_t size, uint64_t most);

// `count` structs at `offset`; none unless all are there.
template <typename T>
[[nodiscard]] std::vector<T> structs_at(const ReadAt& read, uint64_t offset, size_t count) {
  std::vector<T> structs;
  const std::string bytes = bytes_at(read, offset, count * sizeof(T), SIZE_MAX);
  if (bytes.empty()) return structs;
  structs.resize(count);
  std::memcpy(structs.data(), bytes.data(), bytes.size());
  return structs;
}

// A number or struct in bytes that were read; all zero when it is not wholly there.
template <typename T>
[[nodiscard]] T value_at(std::string_view bytes, uint64_t at) {
  T value{};
  if (at <= bytes.size() && bytes.size() - at >= sizeof(T)) std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

// What stands at `at` up to the next NUL, or the end.
[[nodiscard]] std::string_view text_at(std::string_view bytes, uint64_t at);

}  // namespace tripline::binary
