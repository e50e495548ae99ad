// SPDX-License-Identifier: Apache-2.0
#include "event/build_id.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace tripline {
namespace {

constexpr size_t kSegmentsMost = 128;
constexpr size_t kNotesMost = 64 << 10;  // bytes of a segment of notes
constexpr size_t kIdMost = 20;
constexpr size_t kRounded = 4;  // to a multiple of so many bytes

template <typename T>
std::optional<T> struct_at(std::string_view bytes, size_t at) {
  if (at > bytes.size() || bytes.size() - at < sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(&out, bytes.data() + at, sizeof(T));
  return out;
}

size_t rounded(size_t size) { return (size + kRounded - 1) / kRounded * kRounded; }

std::string id_in(std::string_view notes) {
  constexpr std::string_view kGnu("GNU", 4);
  size_t at = 0;
  while (const auto note = struct_at<Elf64_Nhdr>(notes, at)) {
    const size_t name = at + sizeof(*note);
    const size_t content = name + rounded(note->n_namesz);
    const bool whole = content <= notes.size() && notes.size() - content >= note->n_descsz;
    if (!whole) return {};
    if (note->n_type == NT_GNU_BUILD_ID && note->n_descsz > 0 && note->n_descsz <= kIdMost &&
        notes.substr(name, note->n_namesz) == kGnu)
      return std::string(notes.substr(content, note->n_descsz));
    at = content + rounded(note->n_descsz);
  }
  return {};
}

template <typename Header, typename Segment>
std::optional<std::string> find_in(const ReadFileAt& read) {
  const auto header = struct_at<Header>(read(0, sizeof(Header)), 0);
  if (!header) return std::nullopt;
  const size_t count = std::min<size_t>(header->e_phnum, kSegmentsMost);
  const std::string table = read(header->e_phoff, count * sizeof(Segment));
  if (header->e_phentsize != sizeof(Segment)) return std::string();
  for (size_t n = 0; n < count; ++n) {
    const auto segment = struct_at<Segment>(table, n * sizeof(Segment));
    if (!segment) return std::string();
    if (segment->p_type != PT_NOTE) continue;
    std::string id = id_in(read(segment->p_offset, std::min<uint64_t>(segment->p_filesz, kNotesMost)));
    if (!id.empty()) return id;
  }
  return std::string();
}

}  // namespace

std::optional<std::string> find_build_id(const ReadFileAt& read) {
  const std::string start = read(0, EI_NIDENT);
  if (start.empty()) return std::nullopt;
  if (start.size() < EI_NIDENT || !start.starts_with(ELFMAG) || start[EI_DATA] != ELFDATA2LSB)
    return std::string();
  switch (start[EI_CLASS]) {
    case ELFCLASS64:
      return find_in<Elf64_Ehdr, Elf64_Phdr>(read);
    case ELFCLASS32:
      return find_in<Elf32_Ehdr, Elf32_Phdr>(read);
    default:
      return std::string();
  }
}

}  // namespace tripline
