// SPDX-License-Identifier: Apache-2.0
#include "event/build_id.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

namespace tripline {
namespace {

template <typename T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::string note(uint32_t type, std::string_view name, std::string_view content) {
  std::string out = bytes_of(
      Elf64_Nhdr{static_cast<Elf64_Word>(name.size()), static_cast<Elf64_Word>(content.size()), type});
  for (const std::string_view part : {name, content}) {
    out += part;
    out.resize((out.size() + 3) / 4 * 4);
  }
  return out;
}

// An ELF file with these notes in its second segment.
template <typename Header, typename Segment>
std::string file_with(const std::string& notes, unsigned char kind) {
  Header header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = kind;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_phoff = sizeof(Header);
  header.e_phentsize = sizeof(Segment);
  header.e_phnum = 2;
  Segment code{};
  code.p_type = PT_LOAD;
  Segment segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof(Header) + 2 * sizeof(Segment);
  segment.p_filesz = static_cast<decltype(segment.p_filesz)>(notes.size());
  return bytes_of(header) + bytes_of(code) + bytes_of(segment) + notes;
}

std::optional<std::string> id_of(const std::string& file) {
  return find_build_id([&](uint64_t offset, size_t size) {
    return offset < file.size() ? file.substr(offset, size) : std::string();
  });
}

constexpr std::string_view kGnu("GNU", 4);

TEST(BuildId, IsANoteOfEitherClass) {
  const std::string notes = note(1, kGnu, "abi!") + note(NT_GNU_BUILD_ID, kGnu, "0123456789abcdefghij");
  EXPECT_EQ(id_of(file_with<Elf64_Ehdr, Elf64_Phdr>(notes, ELFCLASS64)), "0123456789abcdefghij");
  EXPECT_EQ(id_of(file_with<Elf32_Ehdr, Elf32_Phdr>(notes, ELFCLASS32)), "0123456789abcdefghij");
  EXPECT_EQ(id_of(file_with<Elf64_Ehdr, Elf64_Phdr>(note(NT_GNU_BUILD_ID, kGnu, "short"), ELFCLASS64)),
            "short");
}

TEST(BuildId, IsNotThere) {
  const std::string other = note(NT_GNU_BUILD_ID, std::string_view("Go\0", 3), "01234567890123456789");
  EXPECT_EQ(id_of(file_with<Elf64_Ehdr, Elf64_Phdr>(other, ELFCLASS64)), "");
  EXPECT_EQ(id_of(file_with<Elf64_Ehdr, Elf64_Phdr>("", ELFCLASS64)), "");
  EXPECT_EQ(id_of("#!/bin/sh\nexit 0\n"), "") << "no ELF file";
  EXPECT_EQ(id_of(""), std::nullopt) << "a file that cannot be read";
}

TEST(BuildId, NothingInTheFileIsTrusted) {
  const std::string whole =
      file_with<Elf64_Ehdr, Elf64_Phdr>(note(NT_GNU_BUILD_ID, kGnu, "0123456789abcdefghij"), ELFCLASS64);
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto id = id_of(whole.substr(0, size));
    EXPECT_TRUE(!id || id->empty()) << size;
  }
  const std::string too_long = note(NT_GNU_BUILD_ID, kGnu, std::string(21, 'x'));
  EXPECT_EQ(id_of(file_with<Elf64_Ehdr, Elf64_Phdr>(too_long, ELFCLASS64)), "");
  Elf64_Nhdr huge{4, UINT32_MAX, NT_GNU_BUILD_ID};
  EXPECT_EQ(id_of(file_with<Elf64_Ehdr, Elf64_Phdr>(bytes_of(huge) + std::string(kGnu), ELFCLASS64)), "");
}

}  // namespace
}  // namespace tripline
