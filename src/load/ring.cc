// SPDX-License-Identifier: Apache-2.0
#include "load/ring.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "abi/record.h"

namespace tripline {
namespace {

constexpr uint32_t kLengthMask = ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

// The kernel would map the data twice in a row, so that no record is cut in two; each page would count twice.
size_t theirs_size(uint32_t size) { return page_size() + size; }

template <typename T>
std::atomic_ref<T> shared(std::byte* at) {
  return std::atomic_ref<T>(*reinterpret_cast<T*>(at));
}

// The length word of a record once its program is done with it: some microseconds, unless it was preempted.
uint32_t committed(std::byte* header) {
  constexpr int kSpins = 200;
  constexpr timespec kPause = {0, 50'000};
  for (int spin = 0;; ++spin) {
    // The kernel maps this page read-only for us; a load is all we do.
    const uint32_t length = shared<uint32_t>(header).load(std::memory_order_acquire);
    if (!(length & BPF_RINGBUF_BUSY_BIT)) return length;
    if (spin >= kSpins) nanosleep(&kPause, nullptr);
  }
}

}  // namespace

Result<Ring> Ring::open(Fd fd, uint32_t size) {
  Ring ring(std::move(fd), size);
  void* ours = mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd(), 0);
  if (ours == MAP_FAILED) return fail("map ring buffer", "", errno);
  ring.ours_ = static_cast<std::byte*>(ours);
  void* theirs =
      mmap(nullptr, theirs_size(size), PROT_READ, MAP_SHARED, ring.fd(), static_cast<off_t>(page_size()));
  if (theirs == MAP_FAILED) return fail("map ring buffer", "", errno);
  ring.theirs_ = static_cast<std::byte*>(theirs);
  return ring;
}

Ring::Ring(Ring&& other) noexcept
    : fd_(std::move(other.fd_)),
      size_(other.size_),
      ours_(std::exchange(other.ours_, nullptr)),
      theirs_(std::exchange(other.theirs_, nullptr)),
      read_(other.read_),
      last_(other.last_),
      whole_(std::move(other.whole_)) {}

Ring& Ring::operator=(Ring&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  std::swap(ours_, other.ours_);
  std::swap(theirs_, other.theirs_);
  std::swap(read_, other.read_);
  std::swap(last_, other.last_);
  std::swap(whole_, other.whole_);
  return *this;
}

Ring::~Ring() {
  if (ours_ != nullptr) munmap(ours_, page_size());
  if (theirs_ != nullptr) munmap(theirs_, theirs_size(size_));
}

size_t Ring::read(const std::function<void(std::span<const std::byte>, uint64_t end)>& take) {
  const uint64_t end = shared<unsigned long>(theirs_).load(std::memory_order_acquire);
  const bool all_released = released() == last_;
  std::byte* data = theirs_ + page_size();
  size_t records = 0;
  while (read_ < end) {
    std::byte* header = data + (read_ & (size_ - 1));
    const uint32_t length = committed(header);
    const uint32_t room = length & kLengthMask;
    const std::byte* record = data + ((read_ + BPF_RINGBUF_HDR_SZ) & (size_ - 1));
    read_ += (room + BPF_RINGBUF_HDR_SZ + 7) & ~7UL;
    if (length & BPF_RINGBUF_DISCARD_BIT) continue;
    const auto ahead = static_cast<size_t>(data + size_ - record);
    if (room > ahead) {  // of all that is not released, which is no more than the ring, this can be so of one
      whole_.assign(record, record + ahead);
      whole_.insert(whole_.end(), data, data + (room - ahead));
      record = whole_.data();
    }
    uint32_t size = room;
    if (room >= sizeof(tl_record)) size = std::min(room, reinterpret_cast<const tl_record*>(record)->size);
    last_ = read_;
    take({record, size}, last_);
    ++records;
  }
  if (records == 0 && all_released) release(last_);
  return records;
}

uint64_t Ring::used() const {
  const uint64_t end = shared<unsigned long>(theirs_).load(std::memory_order_acquire);
  return end - std::min(end, released());
}

uint64_t Ring::released() const { return shared<unsigned long>(ours_).load(std::memory_order_relaxed); }

void Ring::release(uint64_t end) {
  if (end == last_) end = last_ = read_;
  shared<unsigned long>(ours_).store(end, std::memory_order_release);
}

}  // namespace tripline
