// SPDX-License-Identifier: Apache-2.0
#include "binary/read_at.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace tripline::binary {

ReadAt reader_of(int file) {
  return [file](uint64_t offset, size_t size) {
    constexpr size_t kBlock = size_t{1} << 20;
    constexpr uint64_t kEnd = std::numeric_limits<off_t>::max();
    std::string bytes;
    while (bytes.size() < size) {
      const size_t done = bytes.size();
      const size_t wanted = std::min(size - done, kBlock);
      if (offset > kEnd - done - wanted) return bytes;
      bytes.resize(done + wanted);
      ssize_t count = 0;
      do {
        count = pread(file, bytes.data() + done, wanted, static_cast<off_t>(offset + done));
      } while (count < 0 && errno == EINTR);
      bytes.resize(done + static_cast<size_t>(std::max<ssize_t>(count, 0)));
      if (count <= 0) return bytes;
    }
    return bytes;
  };
}

ReadAt reader_of(std::string_view bytes) {
  return [bytes](uint64_t offset, size_t size) {
    return offset < bytes.size() ? std::string(bytes.substr(offset, size)) : std::string();
  };
}

std::string bytes_at(const ReadAt& read, uint64_t offset, uint64_t size, uint64_t most) {
  if (size == 0 || size > most) return {};
  std::string bytes = read(offset, size);
  if (bytes.size() != size) bytes.clear();
  return bytes;
}

std::string_view text_at(std::string_view bytes, uint64_t at) {
  if (at >= bytes.size()) return {};
  const std::string_view rest = bytes.substr(at);
  return rest.substr(0, rest.find('\0'));
}

}  // namespace tripline::binary
