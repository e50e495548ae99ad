// SPDX-License-Identifier: Apache-2.0
#include "binary/pclntab.h"

#include <gtest/gtest.h>

#include "binary/binary.h"
#include "binary/elf_bytes.h"
#include "binary/workshop.h"

namespace tripline::binary {
namespace {

constexpr uint64_t kCode = 0x401000, kTable = 0x402000, kData = 0x403000;

// A program without section headers: code, the table and some data, in a page each.
std::string program(const std::string& table, const std::string& data = {},
                    const std::vector<Elf64_Phdr>& more = {}) {
  std::vector<Elf64_Phdr> segments = {elf_segment(PF_R | PF_X, 0x1000, 0x1000),
                                      elf_segment(PF_R, 0x2000, 0x1000),
                                      elf_segment(PF_R | PF_W, 0x3000, 0x1000)};
  segments.insert(segments.end(), more.begin(), more.end());
  std::string out = elf_head(segments);
  put_text(out, 0x2000, table);
  put_text(out, 0x3000, data);
  out.resize(0x4000);
  return out;
}

// The table begins with its kind, two zeros, the size of the smallest instruction and that of a pointer.
std::string begin(uint32_t magic) {
  std::string out;
  put(out, 0, magic);
  put(out, 6, uint8_t{1});
  put(out, 7, uint8_t{8});
  return out;
}

// main.one has 16 bytes from the second of the code, main.two 32 behind it.
std::string go2() {
  std::string out = begin(0xfffffffb);
  put(out, 8, uint64_t{2});
  put(out, 16, kCode + 16);
  put(out, 24, uint64_t{0x80});
  put(out, 32, kCode + 32);
  put(out, 40, uint64_t{0x90});
  put(out, 48, kCode + 64);
  put(out, 0x80, kCode + 16);
  put(out, 0x88, uint32_t{0xa0});
  put(out, 0x90, kCode + 32);
  put(out, 0x98, uint32_t{0xb0});
  put_text(out, 0xa0, "main.one");
  put_text(out, 0xb0, "main.two");
  return out;
}

std::string go16() {
  std::string out = begin(0xfffffffa);
  put(out, 8, uint64_t{2});
  put(out, 24, uint64_t{0x50});  // names
  put(out, 56, uint64_t{0x80});  // functions
  put_text(out, 0x51, "main.one");
  put_text(out, 0x60, "main.two");
  put(out, 0x80, kCode + 16);
  put(out, 0x88, uint64_t{0x30});
  put(out, 0x90, kCode + 32);
  put(out, 0x98, uint64_t{0x40});
  put(out, 0xa0, kCode + 64);
  put(out, 0xb0, kCode + 16);
  put(out, 0xb8, uint32_t{1});
  put(out, 0xc0, kCode + 32);
  put(out, 0xc8, uint32_t{0x10});
  return out;
}

std::string go18(uint32_t magic, uint64_t text) {
  std::string out = begin(magic);
  put(out, 8, uint64_t{2});
  put(out, 24, text);
  put(out, 32, uint64_t{0x50});  // names
  put(out, 64, uint64_t{0x80});  // functions
  put_text(out, 0x51, "main.one");
  put_text(out, 0x60, "main.two");
  put(out, 0x80, uint32_t{16});
  put(out, 0x84, uint32_t{0x20});
  put(out, 0x88, uint32_t{32});
  put(out, 0x8c, uint32_t{0x30});
  put(out, 0x90, uint32_t{64});
  put(out, 0xa0, uint32_t{16});
  put(out, 0xa4, uint32_t{1});
  put(out, 0xb0, uint32_t{32});
  put(out, 0xb4, uint32_t{0x10});
  return out;
}

// As the runtime has it, behind something else.
std::string description() {
  std::string out;
  put(out, 64, kTable);  // not this one, though code is where a description has it
  put(out, 64 + 22 * 8, kCode + 16);
  put(out, 256, kTable);
  put(out, 256 + 8, kTable + 0x50);
  put(out, 256 + 22 * 8, kCode);
  return out;
}

void expect_both(const std::string& file) {
  const auto binary = read_binary(reader_of(file));
  ASSERT_TRUE(binary) << binary.error().detail;
  EXPECT_TRUE(binary->is_go);
  ASSERT_EQ(binary->symbols.count(), 2u);
  const auto one = binary->symbols.find("main.one");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].address, kCode + 16);
  EXPECT_EQ(one[0].size, 16u);
  const auto two = binary->symbols.find("main.two");
  ASSERT_EQ(two.size(), 1u);
  EXPECT_EQ(two[0].address, kCode + 32);
  EXPECT_EQ(two[0].size, 32u);
  EXPECT_TRUE(binary->damage.empty());
}

TEST(Pclntab, EveryForm) {
  expect_both(program(go2()));
  expect_both(program(go16()));
  expect_both(program(go18(0xfffffff0, kCode)));
  expect_both(program(go18(0xfffffff1, kCode)));
}

// Since Go 1.26 the table does not say where the code starts.
TEST(Pclntab, StartOfTheCode) { expect_both(program(go18(0xfffffff1, 0), description())); }

TEST(Pclntab, OfAnotherKind) {
  std::string table = go18(0xfffffff1, kCode);
  table[7] = 4;  // pointers of 32 bits
  EXPECT_FALSE(read_binary(reader_of(program(table)))->is_go);
  table[7] = 8;
  table[0] = '\x77';
  EXPECT_FALSE(read_binary(reader_of(program(table)))->is_go);
}

// A part of the table that is not where the table says, or not in code: no such function.
TEST(Pclntab, Damaged) {
  for (const std::string& table : {go2(), go16(), go18(0xfffffff1, kCode)})
    for (size_t at = 0; at < table.size(); ++at)
      for (const char byte : {'\0', '\x7f', '\xff'}) {
        std::string damaged = table;
        damaged[at] = byte;
        const std::string file = program(damaged, description());
        const auto binary = read_binary(reader_of(file));
        ASSERT_TRUE(binary);
        for (const Symbol& symbol : binary->symbols.all()) {
          EXPECT_GE(symbol.address, kCode);
          EXPECT_LT(symbol.address, kTable);
        }
      }
  std::string many = go18(0xfffffff1, kCode);
  put(many, 8, ~uint64_t{0});
  EXPECT_FALSE(read_binary(reader_of(program(many)))->is_go);
  std::string astray = go18(0xfffffff1, kCode);
  put(astray, 0x88, uint32_t{0x1800});
  const std::string file = program(astray);
  const auto binary = read_binary(reader_of(file));
  EXPECT_EQ(binary->symbols.count(), 1u);
  EXPECT_EQ(binary->damage.size(), 1u);
}

// What the C linker makes of a position-independent program: the addresses are in the relocations alone.
TEST(Pclntab, StartOfTheCodeByRelocations) {
  std::string data;
  const uint64_t dynamic = kData + 0x100, relocations = kData + 0x200;
  put(data, 0x100, Elf64_Dyn{.d_tag = DT_RELA, .d_un = {.d_val = relocations}});
  put(data, 0x110, Elf64_Dyn{.d_tag = DT_RELASZ, .d_un = {.d_val = 5 * sizeof(Elf64_Rela)}});
  const auto relocation = [&](size_t n, uint64_t at, uint64_t to, uint64_t kind = R_X86_64_RELATIVE) {
    put(data, 0x200 + n * sizeof(Elf64_Rela),
        Elf64_Rela{.r_offset = at, .r_info = kind, .r_addend = static_cast<int64_t>(to)});
  };
  relocation(0, kData + 0x500, kTable);  // somebody else who knows the table
  relocation(1, kData + 0x600, kTable);
  relocation(2, kData + 0x608, kTable + 0x50);
  relocation(3, kData + 0x600 + 22 * 8, kCode + 0x100, R_X86_64_GLOB_DAT);
  relocation(4, kData + 0x600 + 22 * 8, kCode);
  const std::string file = program(
      go18(0xfffffff1, 0), data, {{.p_type = PT_DYNAMIC, .p_offset = dynamic - 0x400000, .p_filesz = 0x30}});
  expect_both(file);
}

// Where there is a Go: as it stands, stripped, position-independent, linked by the C linker, and without section headers.
TEST(Pclntab, OfRealPrograms) {
  Workshop workshop;
  if (!workshop.run("command -v go > /dev/null")) GTEST_SKIP() << "no go";
  workshop.write("go.mod", "module m\n\ngo 1.20\n");
  workshop.write("main.go", R"(package main

import "os"

type Thing struct{ n int }

//go:noinline
func (t *Thing) Add(n int) int { return t.n + n }

//go:noinline
func twice(n int) int { return 2 * n }

func main() { os.Exit((&Thing{1}).Add(twice(len(os.Args)))) }
)");
  workshop.write(
      "c.go",
      "package main\n\n// static int three(void) { return 3; }\nimport \"C\"\n\nvar three = C.three()\n");
  const std::string go = "GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -ldflags='-s -w' ";
  ASSERT_TRUE(workshop.run("GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -o a main.go && " + go +
                           "-o b main.go && " + go + "-buildmode=pie -o c main.go && cp b d"));
  if (workshop.run("test \"$(go env CGO_ENABLED)\" = 1")) {
    ASSERT_TRUE(workshop.run(go + "-o e main.go c.go && " + go + "-buildmode=pie -o f main.go c.go"));
  }
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    std::string bytes = workshop.read(name);
    if (bytes.empty()) continue;
    if (*name == 'd') put(bytes, offsetof(Elf64_Ehdr, e_shoff), uint64_t{0});
    const auto binary = read_binary(reader_of(bytes));
    ASSERT_TRUE(binary) << binary.error().detail;
    EXPECT_EQ(binary->is_go, *name != 'a') << name;
    for (const char* function : {"main.main", "main.twice", "main.(*Thing).Add", "runtime.mallocgc"}) {
      const auto found = binary->symbols.find(function);
      ASSERT_EQ(found.size(), 1u) << name << " " << function;
      EXPECT_TRUE(binary->is_code(binary->offset_of(found[0].address).value_or(0))) << name;
      EXPECT_GT(found[0].size, 0u);
    }
    // The code of twice: it adds the register to itself, or shifts it, and returns.
    const Symbol twice = binary->symbols.find("main.twice")[0];
    const std::string code = bytes.substr(*binary->offset_of(twice.address), twice.size);
    EXPECT_TRUE(code.starts_with("\x48\xd1\xe0\xc3") || code.starts_with("\x48\x01\xc0\xc3")) << name;
  }
}

}  // namespace
}  // namespace tripline::binary
