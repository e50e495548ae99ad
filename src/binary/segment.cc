// SPDX-License-Identifier: Apache-2.0
#include "binary/segment.h"

#include <algorithm>

namespace tripline::binary {

std::optional<uint64_t> offset_of(std::span<const Segment> segments, uint64_t address) {
  for (const Segment& segment : segments)
    if (address >= segment.address && address - segment.address < segment.file_size)
      return address - segment.address + segment.offset;
  return std::nullopt;
}

std::optional<uint64_t> address_of(std::span<const Segment> segments, uint64_t offset) {
  const Segment* found = nullptr;
  for (const Segment& segment : segments) {
    if (offset < segment.offset || offset - segment.offset >= segment.file_size) continue;
    if (!found || (segment.executable && !found->executable)) found = &segment;
  }
  if (!found) return std::nullopt;
  return offset - found->offset + found->address;
}

bool is_code(std::span<const Segment> segments, uint64_t offset) {
  return std::ranges::any_of(segments, [&](const Segment& segment) {
    return segment.executable && offset >= segment.offset && offset - segment.offset < segment.file_size;
  });
}

}  // namespace tripline::binary
