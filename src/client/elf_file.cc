// SPDX-License-Identifier: Apache-2.0
#include "client/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/fd.h"
#include "base/go_text.h"

namespace tripline {
namespace {

constexpr size_t kLargestPart = size_t{256} << 20;  // bytes
constexpr size_t kMostSections = 1 << 16;

// Bytes of the file; empty unless all are there.
std::string read_at(int file, uint64_t offset, uint64_t size) {
  if (size > kLargestPart) return {};
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t count = pread(file, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    done += static_cast<size_t>(count);
  }
  return bytes;
}

template <typename T>
std::vector<T> structs_at(int file, uint64_t offset, uint64_t count) {
  std::vector<T> out;
  if (count == 0 || count > kLargestPart / sizeof(T)) return out;
  const std::string bytes = read_at(file, offset, count * sizeof(T));
  if (bytes.empty()) return out;
  out.resize(count);
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

// Up to the next NUL.
std::string_view text_at(std::string_view bytes, size_t at) {
  if (at >= bytes.size()) return {};
  const std::string_view rest = bytes.substr(at);
  return rest.substr(0, rest.find('\0'));
}

struct Sections {
  int file;
  std::vector<Elf64_Shdr> all;

  [[nodiscard]] std::string bytes(const Elf64_Shdr& section) const {
    return section.sh_type == SHT_NOBITS ? std::string() : read_at(file, section.sh_offset, section.sh_size);
  }
};

void add_functions(const Sections& sections, uint32_t type, std::unordered_set<std::string>& seen,
                   ElfFile& out) {
  for (const Elf64_Shdr& table : sections.all) {
    if (table.sh_type != type || table.sh_entsize != sizeof(Elf64_Sym) ||
        table.sh_link >= sections.all.size())
      continue;
    const std::string names = sections.bytes(sections.all[table.sh_link]);
    for (const Elf64_Sym& symbol :
         structs_at<Elf64_Sym>(sections.file, table.sh_offset, table.sh_size / sizeof(Elf64_Sym))) {
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_value == 0) continue;
      std::string name(text_at(names, symbol.st_name));
      if (!name.empty() && seen.insert(name).second) out.functions.push_back(std::move(name));
    }
  }
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Of a note: three addresses, then the provider, the name and the operands, each with a NUL.
void add_marker(std::string_view content, ElfFile& out) {
  constexpr size_t kAddresses = 3 * sizeof(uint64_t);
  if (content.size() <= kAddresses) return;
  content.remove_prefix(kAddresses);
  std::array<std::string_view, 3> parts;
  for (std::string_view& part : parts) {
    part = text_at(content, 0);
    content.remove_prefix(std::min(part.size() + 1, content.size()));
  }
  out.markers.push_back({std::string(parts[0]), std::string(parts[1]), words_of(parts[2])});
}

void add_markers(std::string_view notes, ElfFile& out) {
  constexpr uint32_t kMarker = 3;
  constexpr std::string_view kOwner("stapsdt\0", 8);
  const auto aligned = [](uint64_t size) { return (size + 3) / 4 * 4; };
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr head;
    std::memcpy(&head, notes.data(), sizeof(head));
    notes.remove_prefix(sizeof(head));
    const uint64_t name = aligned(head.n_namesz);
    const uint64_t whole = name + aligned(head.n_descsz);
    if (name + head.n_descsz > notes.size()) return;
    if (head.n_type == kMarker && notes.substr(0, head.n_namesz) == kOwner)
      add_marker(notes.substr(name, head.n_descsz), out);
    notes.remove_prefix(std::min<uint64_t>(whole, notes.size()));
  }
}

}  // namespace

std::expected<ElfFile, std::string> read_elf_file(const std::string& path) {
  const auto refuse = [&path](const std::string& why) {
    return std::unexpected("failed to open '" + path + "': " + why);
  };
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return refuse("open " + path + ": " + go_error(errno));
  const auto heads = structs_at<Elf64_Ehdr>(file.get(), 0, 1);
  if (heads.empty() || std::memcmp(heads[0].e_ident, ELFMAG, SELFMAG) != 0)
    return refuse("it is no ELF file");
  const Elf64_Ehdr& head = heads[0];
  if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB)
    return refuse("it is no 64-bit little-endian ELF file");
  ElfFile out;
  if (head.e_shentsize != sizeof(Elf64_Shdr) || head.e_shoff == 0) return out;
  uint64_t count = head.e_shnum;
  // Of a file with very many the first one says how many there are.
  if (count == 0) {
    const auto first = structs_at<Elf64_Shdr>(file.get(), head.e_shoff, 1);
    count = first.empty() ? 0 : first[0].sh_size;
  }
  if (count > kMostSections) return out;
  const Sections sections{file.get(), structs_at<Elf64_Shdr>(file.get(), head.e_shoff, count)};
  std::unordered_set<std::string> seen;
  add_functions(sections, SHT_SYMTAB, seen, out);
  add_functions(sections, SHT_DYNSYM, seen, out);
  for (const Elf64_Shdr& section : sections.all)
    if (section.sh_type == SHT_NOTE) add_markers(sections.bytes(section), out);
  return out;
}

std::string operand_type(const std::string& operand) {
  const size_t at = operand.find('@');
  if (at == std::string::npos) return {};
  const bool is_signed = operand.starts_with('-');
  const std::string size = operand.substr(is_signed ? 1 : 0, at - (is_signed ? 1 : 0));
  for (const auto& [bytes, bits] : {std::pair{"1", "8"}, {"2", "16"}, {"4", "32"}, {"8", "64"}})
    if (size == bytes) return std::string(is_signed ? "int" : "uint") + bits;
  return {};
}

}  // namespace tripline
