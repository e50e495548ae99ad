// SPDX-License-Identifier: Apache-2.0
// Nothing here gets a name in the BPF file system: that is tested in guests (tests/guest/keep_test.py).
#include "load/pins.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <filesystem>
#include <fstream>

namespace tripline {
namespace {

TEST(Pins, NamesGoWithTheirOwnerUnlessTheyWereLetGo) {
  const std::string path = testing::TempDir() + "pins_test_name";
  const auto make = [&] { std::ofstream(path) << "x"; };
  make();
  {
    Pins pins;
    pins.own(path);
    Pins other = std::move(pins);
    EXPECT_EQ(other.paths(), std::vector<std::string>{path});
    EXPECT_TRUE(pins.paths().empty());  // NOLINT(bugprone-use-after-move)
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  make();
  {
    Pins pins;
    pins.own(path);
    pins.let_go();
  }
  EXPECT_TRUE(std::filesystem::exists(path));
  std::filesystem::remove(path);
}

TEST(MapOfBytes, IsReadBackAndCannotBeWritten) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4088}, size_t{4089}, size_t{100'000}}) {
    std::vector<std::byte> bytes(size);
    for (size_t n = 0; n < size; ++n) bytes[n] = static_cast<std::byte>(n * 7);
    const auto map = map_of_bytes("bytes", bytes);
    if (!map && map.error().errnum == EPERM) GTEST_SKIP() << map.error().text();
    ASSERT_TRUE(map) << map.error().text();
    const auto read = bytes_of_map(*map);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(*read, bytes);
    EXPECT_EQ(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map->get(), 0), MAP_FAILED);
  }
}

TEST(MapOfBytes, NothingElseIsOne) { EXPECT_FALSE(bytes_of_map(Fd())); }

}  // namespace
}  // namespace tripline
