// SPDX-License-Identifier: Apache-2.0
// One ring buffer that programs write and we read on demand: exactly what it contains when read() is called. The
// merge of the two lanes (event/merge.h) needs both bounds: a reader that chases the writers would never finish under
// load, and one that stops at a record still being written would break the order.
//
// Records are read in place: their bytes stay in the ring, and take up its space, until they are released.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace tripline {

class Ring {
 public:
  // Maps the ring buffer map `fd` of `size` bytes, which is ours from now on.
  static Result<Ring> open(Fd fd, uint32_t size);

  Ring(Ring&& other) noexcept;
  Ring& operator=(Ring&& other) noexcept;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring();

  // Hands every record that had been reserved when the call began and was not read before to `take`, in order of
  // reservation, and with each its end in the ring; waits for those whose program is not done with them. A record is as
  // long as its head says. Returns how many there were.
  size_t read(const std::function<void(std::span<const std::byte>, uint64_t end)>& take);
  // Gives back the room of the records that were read, up to and including the one that ends there.
  void release(uint64_t end);

  [[nodiscard]] uint64_t size() const { return size_; }
  // Bytes that were reserved and not released yet.
  [[nodiscard]] uint64_t used() const;

  // Readable (poll, epoll) while there is something that was not released.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Ring(Fd fd, uint32_t size) : fd_(std::move(fd)), size_(size) {}
  [[nodiscard]] uint64_t released() const;

  Fd fd_;
  uint32_t size_ = 0;             // of the data, a power of two
  std::byte* ours_ = nullptr;     // page with the consumer's position
  std::byte* theirs_ = nullptr;   // page with the producers' position, then the data
  uint64_t read_ = 0;             // up to where we have read
  uint64_t last_ = 0;             // end of the last record before that; behind it are discarded ones
  std::vector<std::byte> whole_;  // the record that begins at the end of the data and ends at its beginning
};

}  // namespace tripline
