// SPDX-License-Identifier: Apache-2.0
#include "client/elf_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tripline {
namespace {

// A marker with two operands, as sys/sdt.h puts it into a program, and a function that nobody calls.
constexpr const char* kProgram = R"(
  .globl marked
  .type marked, @function
marked:
990: nop
  ret
  .size marked, .-marked
  .globl not_code
  .type not_code, @object
not_code: .long 7
  .pushsection .note.stapsdt,"","note"
  .balign 4
  .4byte 992f-991f, 994f-993f, 3
991: .asciz "stapsdt"
992: .balign 4
993: .8byte 990b
  .8byte 0
  .8byte 0
  .asciz "shop"
  .asciz "sold"
  .asciz "-4@%edi 8@%rsi"
994: .balign 4
  .popsection
  .section .note.GNU-stack,"",@progbits
)";

class ElfFileTest : public testing::Test {
 protected:
  ElfFileTest() {
    std::string name = "/tmp/elf_file_test_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::ofstream(folder_ + "/a.s") << kProgram;
  }
  ~ElfFileTest() override { std::filesystem::remove_all(folder_); }

  std::string build(const std::string& command) {
    EXPECT_EQ(std::system(("cd " + folder_ + " && " + command).c_str()), 0) << command;
    return folder_ + "/a.so";
  }
  std::string folder_;
};

TEST_F(ElfFileTest, FunctionsAndMarkers) {
  const auto file = read_elf_file(build("gcc -shared -nostdlib -o a.so a.s"));
  ASSERT_TRUE(file) << file.error();
  EXPECT_TRUE(std::ranges::find(file->functions, "marked") != (file->functions).end())
      << "it is in both tables, and there once";
  EXPECT_EQ(std::ranges::count(file->functions, "marked"), 1);
  EXPECT_FALSE(std::ranges::find(file->functions, "not_code") != (file->functions).end());
  ASSERT_EQ(file->markers.size(), 1u);
  EXPECT_EQ(file->markers[0].provider, "shop");
  EXPECT_EQ(file->markers[0].name, "sold");
  EXPECT_EQ(file->markers[0].operands, (std::vector<std::string>{"-4@%edi", "8@%rsi"}));
}

TEST_F(ElfFileTest, WithoutSymbols) {
  const auto file = read_elf_file(build("gcc -shared -nostdlib -o a.so a.s && strip a.so"));
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(file->functions, std::vector<std::string>{"marked"}) << "a library keeps what it exports";
}

TEST_F(ElfFileTest, OtherFiles) {
  EXPECT_EQ(read_elf_file("/nowhere/x").error(),
            "failed to open '/nowhere/x': open /nowhere/x: no such file or directory");
  EXPECT_EQ(read_elf_file(folder_ + "/a.s").error(),
            "failed to open '" + folder_ + "/a.s': it is no ELF file");
  EXPECT_FALSE(read_elf_file(folder_));
}

// Whatever of a file is missing or wrong, the rest is read or nothing.
TEST_F(ElfFileTest, Damaged) {
  const std::string path = build("gcc -shared -nostdlib -o a.so a.s");
  std::ifstream whole(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  for (size_t size = 0; size < bytes.size(); size += 97) {
    std::ofstream(path, std::ios::binary) << bytes.substr(0, size);
    (void)read_elf_file(path);
  }
  for (size_t at = 4; at < bytes.size(); at += 7) {
    std::string other = bytes;
    other[at] = static_cast<char>(0xff);
    std::ofstream(path, std::ios::binary) << other;
    (void)read_elf_file(path);
  }
}

TEST(OperandType, BySizeAndSign) {
  EXPECT_EQ(operand_type("-4@%edi"), "int32");
  EXPECT_EQ(operand_type("8@-16(%rbp)"), "uint64");
  EXPECT_EQ(operand_type("1@$5"), "uint8");
  EXPECT_EQ(operand_type("-2@%ax"), "int16");
  EXPECT_EQ(operand_type("16@%xmm0"), "");
  EXPECT_EQ(operand_type("%edi"), "");
}

}  // namespace
}  // namespace tripline
