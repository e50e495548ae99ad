// SPDX-License-Identifier: Apache-2.0
#include "binary/notes.h"

#include <gtest/gtest.h>

#include "binary/binary.h"
#include "binary/elf_bytes.h"
#include "binary/workshop.h"

namespace tripline::binary {
namespace {

std::string note(const std::string& owner, uint32_t type, const std::string& content, size_t alignment = 4) {
  std::string out;
  put(out, 0,
      Elf64_Nhdr{static_cast<uint32_t>(owner.size() + 1), static_cast<uint32_t>(content.size()), type});
  out += owner + '\0';
  out.resize((out.size() + alignment - 1) / alignment * alignment);
  out += content;
  out.resize((out.size() + alignment - 1) / alignment * alignment);
  return out;
}

TEST(Notes, OneAfterTheOther) {
  for (const size_t alignment : {4, 8}) {
    const std::string bytes = note("GNU", 3, "abcde", alignment) + note("stapsdt", 7, "", alignment);
    std::string_view rest = bytes;
    Note found;
    ASSERT_TRUE(take_note(rest, alignment, found));
    EXPECT_EQ(found.owner, "GNU");
    EXPECT_EQ(found.type, 3u);
    EXPECT_EQ(found.content, "abcde");
    ASSERT_TRUE(take_note(rest, alignment, found));
    EXPECT_EQ(found.owner, "stapsdt");
    EXPECT_EQ(found.content, "");
    EXPECT_FALSE(take_note(rest, alignment, found));
    EXPECT_TRUE(rest.empty());
  }
}

TEST(Notes, CutOff) {
  const std::string whole = note("GNU", 3, "abcd");
  for (size_t size = 0; size < whole.size(); ++size) {
    std::string_view rest = std::string_view(whole).substr(0, size);
    Note found;
    EXPECT_FALSE(take_note(rest, 4, found)) << size;
    EXPECT_EQ(rest.size(), size);
  }
  std::string huge = whole;
  for (const size_t at : {0, 4}) {
    put(huge, at, ~uint32_t{0});
    std::string_view rest = huge;
    Note found;
    EXPECT_FALSE(take_note(rest, 4, found));
  }
  // The padding of the last one may be missing.
  std::string short_one = note("GNU", 3, "abc");
  short_one.resize(short_one.size() - 1);
  std::string_view rest = short_one;
  Note found;
  EXPECT_TRUE(take_note(rest, 4, found));
  EXPECT_EQ(found.content, "abc");
  EXPECT_TRUE(rest.empty());
}

TEST(BuildId, OfARealProgram) {
  Workshop workshop;
  workshop.write("a.c", "int main(void) { return 0; }\n");
  ASSERT_TRUE(
      workshop.run("gcc -Wl,--build-id=0x00a1ff -o a a.c && gcc -Wl,--build-id=none -o b a.c && "
                   "gcc -Wl,--build-id=sha1 -o c a.c"));
  const auto id = [&](const char* name) {
    const std::string bytes = workshop.read(name);
    const auto binary = read_binary(reader_of(bytes));
    return binary ? binary->build_id : "unread";
  };
  EXPECT_EQ(id("a"), "00a1ff");
  EXPECT_EQ(id("b"), "");
  EXPECT_EQ(id("c").size(), 40u);
}

TEST(BuildId, FromSegmentsOrSections) {
  const std::string notes = note("GNU", 1, "xyz") + note("Go", 3, "no") + note("GNU", 3, "\x01\x80");
  std::string file =
      elf_head({{.p_type = PT_NOTE, .p_offset = 0x1000, .p_filesz = notes.size(), .p_align = 4}});
  put_text(file, 0x1000, notes);
  const ReadAt read = reader_of(file);
  EXPECT_EQ(read_build_id(read, *read_layout(read)), "0180");
  std::string other = elf_head({});
  put_text(other, 0x1000, notes);
  put_sections(other, {{.sh_type = SHT_NOTE, .sh_offset = 0x1000, .sh_size = notes.size()}});
  const ReadAt read_other = reader_of(other);
  EXPECT_EQ(read_build_id(read_other, *read_layout(read_other)), "0180");
  std::string none =
      elf_head({{.p_type = PT_NOTE, .p_offset = 0x1000, .p_filesz = ~uint64_t{0}, .p_align = 4}});
  const ReadAt read_none = reader_of(none);
  EXPECT_EQ(read_build_id(read_none, *read_layout(read_none)), "");
}

}  // namespace
}  // namespace tripline::binary
