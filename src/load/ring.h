// SPDX-License-Identifier: Apache-2.0
// One ring buffer that programs write and we read on demand: exactly what it contains when drain() is called. The
// merge of the two lanes (event/merge.h) needs both bounds: a reader that chases the writers would never finish under
// load, and one that stops at a record still being written would break the order.
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

  // Hands every record that had been reserved when the call began to `take`, in order of reservation, waiting for
  // those whose program is not done with them. A record is as long as its head says. Returns how many there were.
  size_t drain(const std::function<void(std::span<const std::byte>)>& take);

  // Readable (poll, epoll) while there is something to drain.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Ring(Fd fd, uint32_t size) : fd_(std::move(fd)), size_(size) {}

  Fd fd_;
  uint32_t size_ = 0;             // of the data, a power of two
  std::byte* ours_ = nullptr;     // page with the consumer's position
  std::byte* theirs_ = nullptr;   // page with the producers' position, then the data
  std::vector<std::byte> whole_;  // a record that begins at the end of the data and ends at its beginning
};

}  // namespace tripline
