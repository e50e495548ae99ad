// SPDX-License-Identifier: Apache-2.0
#include "binary/layout.h"

#include <gtest/gtest.h>

#include "binary/elf_bytes.h"
#include "binary/workshop.h"

namespace tripline::binary {
namespace {

std::string refusal(const std::string& file, Fault fault) {
  const auto layout = read_layout(reader_of(file));
  if (layout) return "it was read";
  EXPECT_EQ(layout.error().fault, fault) << layout.error().detail;
  return layout.error().detail;
}

const std::string kProgram =
    elf_head({elf_segment(PF_R | PF_X, 0x1000, 0x10), elf_segment(PF_R | PF_W, 0x2000, 0x20)});

TEST(Layout, Segments) {
  const auto layout = read_layout(reader_of(kProgram));
  ASSERT_TRUE(layout) << layout.error().detail;
  ASSERT_EQ(layout->segments.size(), 2u);
  EXPECT_EQ(layout->segments[0].address, 0x401000u);
  EXPECT_EQ(layout->segments[0].offset, 0x1000u);
  EXPECT_EQ(layout->segments[0].file_size, 0x10u);
  EXPECT_TRUE(layout->segments[0].executable);
  EXPECT_FALSE(layout->segments[0].writable);
  EXPECT_FALSE(layout->segments[1].executable);
  EXPECT_TRUE(layout->segments[1].writable);
  EXPECT_TRUE(layout->sections.empty());
  EXPECT_TRUE(layout->damage.empty());
}

TEST(Layout, WhatIsRefused) {
  EXPECT_EQ(refusal("", Fault::kNotElf), "is not an ELF file");
  EXPECT_EQ(refusal("#!/bin/sh\n", Fault::kNotElf), "is not an ELF file");
  EXPECT_EQ(refusal("\x7f\x45\x4c", Fault::kNotElf), "is not an ELF file");
  EXPECT_EQ(refusal("\x7f\x45\x4c\x46", Fault::kDamaged), "ends within its first header");
  EXPECT_EQ(refusal(kProgram.substr(0, 63), Fault::kDamaged), "ends within its first header");
  EXPECT_EQ(refusal(kProgram.substr(0, kProgram.size() - 1), Fault::kDamaged),
            "is damaged: its program headers lie beyond its end");
  const auto with = [](size_t at, auto value) {
    std::string file = kProgram;
    put(file, at, value);
    return file;
  };
  const std::string other = "is not a 64-bit little-endian ELF file";
  EXPECT_EQ(refusal(with(EI_CLASS, char{ELFCLASS32}), Fault::kOtherMachine), other);
  EXPECT_EQ(refusal(with(EI_DATA, char{ELFDATA2MSB}), Fault::kOtherMachine), other);
  EXPECT_EQ(refusal(with(offsetof(Elf64_Ehdr, e_phentsize), uint16_t{7}), Fault::kDamaged),
            "is damaged: its program headers have an unknown size");
  EXPECT_EQ(refusal(with(offsetof(Elf64_Ehdr, e_phnum), uint16_t{5000}), Fault::kDamaged),
            "is damaged: it has too many program headers");
}

TEST(Layout, Sections) {
  std::string file = kProgram;
  const size_t names = file.size();
  put_text(file, names, std::string_view("\0.text\0.note", 13));
  put_sections(file,
               {{.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = 0x10, .sh_size = 4},
                {.sh_name = 7, .sh_type = SHT_NOTE},
                {.sh_name = 99, .sh_type = SHT_STRTAB, .sh_offset = names, .sh_size = 13}},
               3);
  const ReadAt read = reader_of(file);
  auto layout = read_layout(read);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->section(".text"), nullptr) << "not named yet";
  name_sections(read, *layout);
  ASSERT_NE(layout->section(".text"), nullptr);
  EXPECT_EQ(layout->section(".note"), layout->section_of_type(SHT_NOTE));
  EXPECT_EQ(layout->section(".data"), nullptr);
  EXPECT_EQ(section_bytes(read, *layout->section(".text"), 4), file.substr(0x10, 4));
  EXPECT_EQ(section_bytes(read, *layout->section(".text"), 3), "");
  Section zeros = *layout->section(".text");
  zeros.head.sh_type = SHT_NOBITS;
  EXPECT_EQ(section_bytes(read, zeros, 4), "");
  Section packed = *layout->section(".text");
  packed.head.sh_flags = SHF_COMPRESSED;
  EXPECT_EQ(section_bytes(read, packed, 4), "");
}

// Then the first section header has the numbers.
TEST(Layout, VeryManySectionsAndSegments) {
  std::string file = kProgram;
  const size_t names = file.size();
  put_text(file, names, std::string_view("\0.last", 7));
  std::vector<Elf64_Shdr> sections(70000);
  sections[69998] = {.sh_name = 0, .sh_type = SHT_STRTAB, .sh_offset = names, .sh_size = 7};
  sections.back() = {.sh_name = 1, .sh_type = SHT_NOTE};
  put_sections(file, sections, SHN_XINDEX);
  const auto first = value_at<uint64_t>(file, offsetof(Elf64_Ehdr, e_shoff));
  put(file, first, Elf64_Shdr{.sh_size = 70001, .sh_link = 69999, .sh_info = 2});
  put(file, offsetof(Elf64_Ehdr, e_shnum), uint16_t{0});
  put(file, offsetof(Elf64_Ehdr, e_phnum), uint16_t{PN_XNUM});
  const ReadAt read = reader_of(file);
  auto layout = read_layout(read);
  ASSERT_TRUE(layout) << layout.error().detail;
  name_sections(read, *layout);
  EXPECT_EQ(layout->segments.size(), 2u);
  EXPECT_EQ(layout->sections.size(), 70001u);
  ASSERT_NE(layout->section(".last"), nullptr);
  EXPECT_EQ(layout->section(".last"), &layout->sections.back());

  put(file, first, Elf64_Shdr{.sh_size = uint64_t{1} << 60, .sh_info = 2});
  layout = read_layout(read);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->damage, std::vector<std::string>{"it has too many sections"});
}

TEST(Layout, DamageThatIsPassedOver) {
  std::string file = kProgram;
  put_sections(file, {{}, {}}, 2);
  std::string cut = file.substr(0, file.size() - 1);
  auto layout = read_layout(reader_of(cut));
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->damage, std::vector<std::string>{"its section headers lie beyond its end"});
  put(file, offsetof(Elf64_Ehdr, e_shentsize), uint16_t{3});
  layout = read_layout(reader_of(file));
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->damage, std::vector<std::string>{"its section headers have an unknown size"});
  put(file, offsetof(Elf64_Ehdr, e_shentsize), uint16_t{sizeof(Elf64_Shdr)});
  layout = read_layout(reader_of(file));
  ASSERT_TRUE(layout);
  EXPECT_TRUE(layout->damage.empty());
  name_sections(reader_of(file), *layout);
  EXPECT_EQ(layout->damage, std::vector<std::string>{"the names of its sections cannot be read"});
}

}  // namespace
}  // namespace tripline::binary
