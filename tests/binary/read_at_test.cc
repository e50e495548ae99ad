// SPDX-License-Identifier: Apache-2.0
#include "binary/read_at.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"
#include "binary/workshop.h"

namespace tripline::binary {
namespace {

TEST(ReadAt, OfBytesAndOfAFileAlike) {
  Workshop workshop;
  std::string text;
  while (text.size() < (3u << 20)) text += std::to_string(text.size()) + " ";
  workshop.write("a", text);
  const Fd file(open(workshop.path("a").c_str(), O_RDONLY | O_CLOEXEC));
  for (const ReadAt& read : {reader_of(text), reader_of(file.get())}) {
    EXPECT_EQ(read(0, 3), text.substr(0, 3));
    EXPECT_EQ(read(5, text.size()), text.substr(5));
    EXPECT_EQ(read(7, 2 << 20), text.substr(7, 2 << 20));
    EXPECT_EQ(read(text.size(), 1), "");
    EXPECT_EQ(read(~uint64_t{0}, 5), "");
    EXPECT_EQ(read(uint64_t{1} << 62, ~size_t{0}), "");
    EXPECT_EQ(read(0, 0), "");
    EXPECT_EQ(bytes_at(read, 1, 4, 4), text.substr(1, 4));
    EXPECT_EQ(bytes_at(read, 1, 4, 3), "") << "more than is wanted";
    EXPECT_EQ(bytes_at(read, text.size() - 3, 4, 10), "") << "not all there";
    EXPECT_EQ(structs_at<uint32_t>(read, 0, 2).size(), 2u);
    EXPECT_TRUE(structs_at<uint32_t>(read, text.size() - 7, 2).empty());
    EXPECT_TRUE(structs_at<uint32_t>(read, 0, 0).empty());
  }
  EXPECT_EQ(lseek(file.get(), 0, SEEK_CUR), 0);
  EXPECT_EQ(reader_of(-1)(0, 5), "");
}

// What a file says of its size costs nothing until it is true.
TEST(ReadAt, MemoryFollowsTheFile) {
  Workshop workshop;
  workshop.write("a", "abc");
  const Fd file(open(workshop.path("a").c_str(), O_RDONLY | O_CLOEXEC));
  const std::string bytes = reader_of(file.get())(0, size_t{1} << 40);
  EXPECT_EQ(bytes, "abc");
  EXPECT_LE(bytes.capacity(), size_t{2} << 20);
}

TEST(ReadAt, ValuesAndTexts) {
  const std::string bytes("ab\0cd", 5);
  EXPECT_EQ(value_at<uint16_t>(bytes, 3), 'c' | 'd' << 8);
  EXPECT_EQ(value_at<uint16_t>(bytes, 4), 0);
  EXPECT_EQ(value_at<uint16_t>(bytes, ~uint64_t{0}), 0);
  EXPECT_EQ(text_at(bytes, 0), "ab");
  EXPECT_EQ(text_at(bytes, 2), "");
  EXPECT_EQ(text_at(bytes, 3), "cd");
  EXPECT_EQ(text_at(bytes, 5), "");
  EXPECT_EQ(text_at(bytes, ~uint64_t{0}), "");
}

}  // namespace
}  // namespace tripline::binary
