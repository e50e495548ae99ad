// SPDX-License-Identifier: Apache-2.0
#include "binary/segment.h"

#include <gtest/gtest.h>

#include <vector>

namespace tripline::binary {
namespace {

const std::vector<Segment> kSegments = {
    {.address = 0x10000, .offset = 0, .file_size = 0x1000, .memory_size = 0x1000},
    // The code, as data and as code.
    {.address = 0x41000, .offset = 0x1000, .file_size = 0x500, .memory_size = 0x500},
    {.address = 0x21000, .offset = 0x1000, .file_size = 0x500, .memory_size = 0x500, .executable = true},
    {.address = 0x32500, .offset = 0x1500, .file_size = 0x100, .memory_size = 0x900, .writable = true},
    {.address = ~uint64_t{0} - 15, .offset = ~uint64_t{0} - 7, .file_size = ~uint64_t{0}, .executable = true},
};

TEST(Segment, OffsetOfAnAddress) {
  EXPECT_EQ(offset_of(kSegments, 0x10000), 0u);
  EXPECT_EQ(offset_of(kSegments, 0x21010), 0x1010u);
  EXPECT_EQ(offset_of(kSegments, 0x32510), 0x1510u);
  EXPECT_EQ(offset_of(kSegments, 0x325ff), 0x15ffu);
  EXPECT_EQ(offset_of(kSegments, 0x32600), std::nullopt) << "zeros";
  EXPECT_EQ(offset_of(kSegments, 0xffff), std::nullopt);
  EXPECT_EQ(offset_of(kSegments, 0x11000), std::nullopt);
  EXPECT_EQ(offset_of({}, 0), std::nullopt);
}

TEST(Segment, AddressOfAnOffset) {
  EXPECT_EQ(address_of(kSegments, 0), 0x10000u);
  EXPECT_EQ(address_of(kSegments, 0x1010), 0x21010u) << "that of the code";
  EXPECT_EQ(address_of(kSegments, 0x1500), 0x32500u);
  EXPECT_EQ(address_of(kSegments, 0x1600), std::nullopt);
}

TEST(Segment, Code) {
  EXPECT_TRUE(is_code(kSegments, 0x1000));
  EXPECT_TRUE(is_code(kSegments, 0x14ff));
  EXPECT_FALSE(is_code(kSegments, 0xfff));
  EXPECT_FALSE(is_code(kSegments, 0x1500));
}

}  // namespace
}  // namespace tripline::binary
