// SPDX-License-Identifier: Apache-2.0
#include "binary/btf.h"

#include <gtest/gtest.h>

#include "binary/elf_bytes.h"

namespace tripline::binary {
namespace {

std::string text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(ReadBtf, Raw) {
  const std::string raw = "\x9f\xeb\x01 and so on";
  EXPECT_EQ(text(read_btf(reader_of(raw)).value()), raw);
}

// Of any machine, and of an object file, which nobody could hook.
TEST(ReadBtf, Section) {
  std::string file = elf_head({}, ET_REL);
  put(file, offsetof(Elf64_Ehdr, e_machine), uint16_t{EM_AARCH64});
  const size_t at = file.size();
  put_text(file, at, std::string_view("\0.BTF\0types", 11));
  put_sections(file,
               {{.sh_type = SHT_STRTAB, .sh_offset = at, .sh_size = 6},
                {.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = at + 6, .sh_size = 5}},
               1);
  EXPECT_EQ(text(read_btf(reader_of(file)).value()), "types");
  put(file, at + 1, uint32_t{0});
  EXPECT_EQ(text(read_btf(reader_of(file)).value()), "") << "there is none";
}

TEST(ReadBtf, Refused) {
  const auto other = read_btf(reader_of("text"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().fault, Fault::kNotElf);
  EXPECT_EQ(other.error().detail, "is neither BTF nor an ELF file");
  std::string file = elf_head({});
  const size_t at = file.size();
  put_text(file, at, std::string_view("\0.BTF\0", 6));
  put_sections(file,
               {{.sh_type = SHT_STRTAB, .sh_offset = at, .sh_size = 6},
                {.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = 1 << 20, .sh_size = 5}},
               1);
  const auto damaged = read_btf(reader_of(file));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().fault, Fault::kDamaged);
}

}  // namespace
}  // namespace tripline::binary
