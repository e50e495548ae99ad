// SPDX-License-Identifier: Apache-2.0
#include "client/tar.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tripline {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What reads such archives elsewhere reads ours.
TEST(TarArchive, TarUnpacksIt) {
  std::string name = "/tmp/tar_test_XXXXXX";
  const std::string folder = mkdtemp(name.data());
  TarArchive archive(1'700'000'000);
  const std::string large(100'000, 'x');
  archive.add("top/empty", "");
  archive.add("top/sub/text", "one\ntwo\n");
  archive.add("top/block", std::string(512, 'b'));
  archive.add("top/large", large);
  std::ofstream(folder + "/a.tar.gz", std::ios::binary) << archive.compressed();
  ASSERT_EQ(std::system(("cd " + folder + " && tar xzf a.tar.gz").c_str()), 0);
  EXPECT_EQ(read(folder + "/top/empty"), "");
  EXPECT_TRUE(std::filesystem::exists(folder + "/top/empty"));
  EXPECT_EQ(read(folder + "/top/sub/text"), "one\ntwo\n");
  EXPECT_EQ(read(folder + "/top/block"), std::string(512, 'b'));
  EXPECT_EQ(read(folder + "/top/large"), large);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tripline
