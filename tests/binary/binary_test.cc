// SPDX-License-Identifier: Apache-2.0
#include "binary/binary.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

#include "base/fd.h"
#include "binary/elf_bytes.h"
#include "binary/open.h"
#include "binary/symbol_tables.h"
#include "binary/workshop.h"

namespace tripline::binary {
namespace {

TEST(Binary, KindsOfFiles) {
  Workshop workshop;
  workshop.write("a.c", "int work(int n) { return n + 1; }\nint main(void) { return work(1); }\n");
  ASSERT_TRUE(workshop.run(
      "gcc -O1 -pie -o pie a.c && gcc -O1 -no-pie -o fixed a.c && gcc -O1 -static -o static a.c && "
      "gcc -O1 -static-pie -o static_pie a.c && gcc -O1 -shared -fPIC -o lib a.c"));
  for (const std::string name : {"pie", "fixed", "static", "static_pie", "lib"}) {
    const auto file = open_file(workshop.path(name));
    ASSERT_TRUE(file);
    const auto binary = read_binary(file->fd.get());
    ASSERT_TRUE(binary) << name << " " << binary.error().detail;
    EXPECT_EQ(binary->is_fixed, name == "fixed" || name == "static") << name;
    EXPECT_FALSE(binary->is_go);
    EXPECT_TRUE(binary->damage.empty()) << name;
    const auto work = binary->symbols.find("work");
    ASSERT_EQ(work.size(), 1u) << name;
    const auto offset = binary->offset_of(work[0].address);
    ASSERT_TRUE(offset);
    EXPECT_TRUE(binary->is_code(*offset));
    EXPECT_EQ(workshop.read(name).substr(*offset, 4), std::string("\x8d\x47\x01\xc3"))
        << name << ": lea 1(%rdi),%eax; ret";
    EXPECT_EQ(binary->is_code(binary->offset_of(binary->entry).value_or(0)), name != "lib") << name;
  }
}

TEST(Binary, Refused) {
  const auto refusal = [](const std::string& file) {
    const auto binary = read_binary(reader_of(file));
    return binary ? "it was read" : binary.error().detail;
  };
  std::string file = elf_head({elf_segment(PF_R | PF_X, 0, 0x100)});
  EXPECT_EQ(refusal(file), "it was read");
  EXPECT_EQ(refusal(elf_head({})), "is damaged: it has no loadable segments");
  EXPECT_EQ(refusal(elf_head({elf_segment(PF_R | PF_X, 0, 0x100)}, ET_REL)),
            "is neither a program nor a library");
  EXPECT_EQ(refusal(elf_head({elf_segment(PF_R | PF_X, 0, 0x100)}, ET_CORE)),
            "is neither a program nor a library");
  put(file, offsetof(Elf64_Ehdr, e_machine), uint16_t{EM_AARCH64});
  EXPECT_EQ(refusal(file), "is not for x86-64");
  EXPECT_FALSE(read_binary(-1));
}

// A real program with all there is, every prefix of it, and every byte of its headers and tables changed.
TEST(Binary, Damaged) {
  Workshop workshop;
  workshop.write("a.s", R"asm(
  .globl marked
  .type marked, @function
marked:
990: nop
  ret
  .size marked, .-marked
  .symver marked,other@@V_1
  .pushsection .note.stapsdt,"","note"
  .balign 4
  .4byte 992f-991f, 994f-993f, 3
991: .asciz "stapsdt"
992: .balign 4
993: .8byte 990b
  .8byte 0
  .8byte 0
  .asciz "shop", "sold"
  .asciz "-4@%edi 8@marked(%rip)"
994: .balign 4
  .popsection
  .section .note.GNU-stack,"",@progbits
)asm");
  workshop.write("map", "V_1 { global: *; };\n");
  ASSERT_TRUE(workshop.run("gcc -shared -nostdlib -Wl,-z,noseparate-code,--version-script=map -o a.so a.s"));
  const std::string whole = workshop.read("a.so");
  const auto use = [](const std::string& file) {
    const auto binary = read_binary(reader_of(file));
    if (!binary) return size_t{0};
    for (const Symbol& symbol : binary->symbols.all()) (void)binary->symbols.find(symbol.name);
    (void)binary->symbols.find("other@V_1");
    (void)read_functions(reader_of(file)).name_at(0x1000);
    return binary->symbols.count() + binary->probes.size();
  };
  EXPECT_GE(use(whole), 4u);
  size_t found = 0;
  for (size_t size = 0; size < whole.size(); size += 13) found += use(whole.substr(0, size));
  for (size_t at = 0; at < whole.size(); ++at) {
    if (at >= 0x400 && whole[at] == 0) continue;
    for (const char byte : {'\x00', '\x7f', '\xff'}) {
      std::string damaged = whole;
      damaged[at] = byte;
      found += use(damaged);
    }
  }
  EXPECT_GT(found, 0u);
}

int64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;  // KiB
}

// 4 GB of zeros, and sections that say they are all of it.
TEST(Binary, HugeFile) {
  Workshop workshop;
  constexpr uint64_t kSize = uint64_t{4} << 30;
  std::string file = elf_head({elf_segment(PF_R | PF_X, 0, kSize),
                               elf_segment(PF_R | PF_W, 0x1000, kSize - 0x1000),
                               {.p_type = PT_NOTE, .p_offset = 0x1000, .p_filesz = kSize - 0x1000},
                               {.p_type = PT_DYNAMIC, .p_offset = 0x1000, .p_filesz = kSize - 0x1000}});
  const size_t names = file.size();
  put_text(file, names, std::string_view("\0.note.stapsdt\0.gopclntab\0.BTF", 31));
  const auto section = [&](uint32_t name, uint32_t type, uint32_t link) {
    return Elf64_Shdr{.sh_name = name,
                      .sh_type = type,
                      .sh_addr = 0x401000,
                      .sh_offset = 0x1000,
                      .sh_size = kSize - 0x1000,
                      .sh_link = link,
                      .sh_entsize = type == SHT_SYMTAB || type == SHT_DYNSYM ? sizeof(Elf64_Sym) : 0};
  };
  Elf64_Shdr symbols = section(0, SHT_DYNSYM, 1);
  symbols.sh_size = uint64_t{1} << 62;
  put_sections(file,
               {{.sh_type = SHT_STRTAB, .sh_offset = names, .sh_size = 31},
                symbols,
                section(1, SHT_NOTE, 0),
                section(0, SHT_STRTAB, 0),
                section(15, SHT_PROGBITS, 0),
                section(26, SHT_PROGBITS, 0),
                section(0, SHT_GNU_verdef, 4),
                section(0, SHT_GNU_versym, 4)},
               1);
  workshop.write("a", file);
  ASSERT_EQ(truncate(workshop.path("a").c_str(), kSize), 0);
  const auto opened = open_file(workshop.path("a"));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size, kSize);
  const int64_t before = peak_memory();
  const auto start = std::chrono::steady_clock::now();
  for (const bool named : {true, false}) {
    if (!named) {
      std::string other = file;
      put(other, offsetof(Elf64_Ehdr, e_shoff), uint64_t{0});
      const Fd again(open(workshop.path("a").c_str(), O_WRONLY | O_CLOEXEC));
      ASSERT_EQ(pwrite(again.get(), other.data(), other.size(), 0), static_cast<ssize_t>(other.size()));
    }
    const auto binary = read_binary(opened->fd.get());
    ASSERT_TRUE(binary) << binary.error().detail;
    EXPECT_EQ(binary->symbols.count(), 0u);
    EXPECT_EQ(binary->damage.empty(), !named);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
  EXPECT_LT(peak_memory() - before, 1200 << 10);
}

// Thousands of sections that are all the same large part of the file, and end behind it.
TEST(Binary, TheSameBytesAgainAndAgain) {
  constexpr size_t kSize = 4 << 20;
  std::string file = elf_head({elf_segment(PF_R | PF_X, 0, kSize)});
  const size_t names = file.size();
  put_text(file, names, std::string_view("\0.note.stapsdt\0.gopclntab\0", 26));
  std::vector<Elf64_Shdr> sections = {{.sh_type = SHT_STRTAB, .sh_offset = names, .sh_size = 26}};
  for (int n = 0; n < 3000; ++n) {
    sections.push_back({.sh_name = 1, .sh_type = SHT_NOTE, .sh_offset = 1, .sh_size = 2 * kSize});
    sections.push_back({.sh_name = 15, .sh_type = SHT_PROGBITS, .sh_offset = 1, .sh_size = 2 * kSize});
  }
  put_sections(file, sections, 1);
  file.resize(kSize);
  size_t bytes = 0;
  const auto binary = read_binary([&](uint64_t offset, size_t size) {
    std::string part = reader_of(file)(offset, size);
    bytes += part.size();
    return part;
  });
  ASSERT_TRUE(binary) << binary.error().detail;
  EXPECT_GT(binary->bad_notes, 0u);
  EXPECT_LT(bytes, 400u << 20);
}

// It is shorter each time something of it is read.
TEST(Binary, TruncatedMeanwhile) {
  Workshop workshop;
  ASSERT_TRUE(workshop.run("cp /lib/x86_64-linux-gnu/libc.so.6 a"));
  const auto file = open_file(workshop.path("a"));
  ASSERT_TRUE(file);
  const ReadAt read = reader_of(file->fd.get());
  for (uint64_t size = file->size; size > 0; size /= 2) {
    ASSERT_EQ(truncate(workshop.path("a").c_str(), static_cast<off_t>(size)), 0);
    bool first = true;
    (void)read_binary([&](uint64_t offset, size_t count) {
      std::string bytes = read(offset, count);
      if (!first) (void)truncate(workshop.path("a").c_str(), static_cast<off_t>(size * 3 / 4));
      first = false;
      return bytes;
    });
  }
}

}  // namespace
}  // namespace tripline::binary
