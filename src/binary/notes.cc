// SPDX-License-Identifier: Apache-2.0
#include "binary/notes.h"

#include <algorithm>

namespace tripline::binary {
namespace {

constexpr uint64_t kNotesMost = 1 << 20;  // bytes
constexpr size_t kPlacesMost = 256;       // segments or sections of notes
constexpr size_t kBuildIdMost = 256;      // bytes

std::string build_id_of(std::string_view bytes, uint64_t alignment) {
  for (Note note; take_note(bytes, alignment, note);) {
    if (note.type != NT_GNU_BUILD_ID || note.owner != "GNU" || note.content.empty()) continue;
    if (note.content.size() > kBuildIdMost) continue;
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : note.content) {
      const auto byte = static_cast<unsigned char>(c);
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
    return out;
  }
  return {};
}

}  // namespace

bool take_note(std::string_view& bytes, uint64_t alignment, Note& note) {
  if (bytes.size() < sizeof(Elf64_Nhdr)) return false;
  const auto head = value_at<Elf64_Nhdr>(bytes, 0);
  const uint64_t unit = alignment == 8 ? 8 : 4;
  const auto aligned = [unit](uint64_t size) { return (size + unit - 1) / unit * unit; };
  const uint64_t content = aligned(sizeof(head) + head.n_namesz);
  if (sizeof(head) + uint64_t{head.n_namesz} > bytes.size() || content > bytes.size() ||
      head.n_descsz > bytes.size() - content)
    return false;
  note.owner = text_at(bytes.substr(sizeof(head), head.n_namesz), 0);
  note.type = head.n_type;
  note.content = bytes.substr(content, head.n_descsz);
  bytes.remove_prefix(std::min<uint64_t>(content + aligned(head.n_descsz), bytes.size()));
  return true;
}

std::string read_build_id(const ReadAt& read, const Layout& layout) {
  size_t places = 0;
  for (const Elf64_Phdr& segment : layout.notes) {
    if (++places > kPlacesMost) break;
    const std::string bytes = bytes_at(read, segment.p_offset, segment.p_filesz, kNotesMost);
    if (std::string id = build_id_of(bytes, segment.p_align); !id.empty()) return id;
  }
  for (const Section& section : layout.sections) {
    if (section.head.sh_type != SHT_NOTE) continue;
    if (++places > kPlacesMost) break;
    const std::string bytes = section_bytes(read, section, kNotesMost);
    if (std::string id = build_id_of(bytes, section.head.sh_addralign); !id.empty()) return id;
  }
  return {};
}

}  // namespace tripline::binary
