// SPDX-License-Identifier: Apache-2.0
#include "load/pins.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "load/refusal.h"

namespace tripline {
namespace {

// An element of a map of bytes. The first 8 bytes of the first one say how many bytes there are.
constexpr uint32_t kElement = 4096;
constexpr size_t kMost = size_t{64} << 20;

struct Mapped {
  void* at = MAP_FAILED;
  size_t size = 0;
  Mapped(int fd, size_t bytes, int protection)
      : at(mmap(nullptr, bytes, protection, MAP_SHARED, fd, 0)), size(bytes) {}
  ~Mapped() {
    if (at != MAP_FAILED) munmap(at, size);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
};

}  // namespace

Pins::~Pins() {
  for (const std::string& path : paths_) unlink(path.c_str());
}

Result<void> pin(int fd, const std::string& path) {
  if (bpf_obj_pin(fd, path.c_str()) != 0) return fail("pin", path, errno, advice(errno));
  return {};
}

Result<Fd> open_pinned(const std::string& path) {
  Fd fd(bpf_obj_get(path.c_str()));
  if (!fd) return fail("open", path, errno, advice(errno));
  return fd;
}

Result<Fd> map_of_bytes(std::string_view name, std::span<const std::byte> bytes) {
  const uint64_t size = bytes.size();
  if (size > kMost) return fail("create map", std::string(name), E2BIG);
  const auto elements = static_cast<uint32_t>((sizeof(size) + size + kElement - 1) / kElement);
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
  const std::string text(name);
  Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, text.c_str(), sizeof(uint32_t), kElement, elements, &options));
  if (!map) return fail("create map", text, errno, advice(errno));
  {
    const Mapped mapped(map.get(), size_t{elements} * kElement, PROT_READ | PROT_WRITE);
    if (mapped.at == MAP_FAILED) return fail("map", text, errno);
    std::memcpy(mapped.at, &size, sizeof(size));
    std::memcpy(static_cast<std::byte*>(mapped.at) + sizeof(size), bytes.data(), bytes.size());
  }
  if (bpf_map_freeze(map.get()) != 0) return fail("freeze map", text, errno);
  return map;
}

Result<std::vector<std::byte>> bytes_of_map(const Fd& map) {
  bpf_map_info info{};
  uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(map.get(), &info, &size) != 0) return fail("ask about map", "", errno);
  const size_t room = size_t{info.max_entries} * kElement;
  if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size != kElement || room == 0 ||
      room > kMost + 2 * kElement)
    return fail("read map", info.name, EINVAL, "it is none of bytes");
  const Mapped mapped(map.get(), room, PROT_READ);
  if (mapped.at == MAP_FAILED) return fail("map", info.name, errno);
  uint64_t length = 0;
  std::memcpy(&length, mapped.at, sizeof(length));
  if (length > room - sizeof(length)) return fail("read map", info.name, EINVAL, "it is none of bytes");
  const auto* first = static_cast<const std::byte*>(mapped.at) + sizeof(length);
  return std::vector<std::byte>(first, first + length);
}

}  // namespace tripline
