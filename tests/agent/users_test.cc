// SPDX-License-Identifier: Apache-2.0
#include "agent/users.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tripline {
namespace {

TEST(Users, OfTheHost) {
  EXPECT_TRUE(is_of_host("0::/system.slice/tripline.service\n"));
  EXPECT_TRUE(is_of_host("0::/user.slice/user-1000.slice/user@1000.service/app.slice\n"));
  EXPECT_TRUE(is_of_host("2:cpu:/\n1:name=systemd:/system.slice/a.service\n0::/\n"));
  EXPECT_FALSE(is_of_host("0::/\n"));
  EXPECT_FALSE(is_of_host("0::/system.slice/docker-0123.scope\n"));
  EXPECT_FALSE(is_of_host("0::/kubepods.slice/a.service\n"));
  EXPECT_FALSE(is_of_host("0::/system.slice/a.service.d\n"));
  EXPECT_FALSE(is_of_host(""));
}

TEST(Users, AsTheFileHasThem) {
  std::string folder = testing::TempDir() + "users-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string file = folder + "/passwd";
  UserNames names(file);
  EXPECT_EQ(names.find(0), std::nullopt);
  std::ofstream(file) << "root:x:0:0::/root:/bin/sh\nother:x:0:0\n\nodd\n:x:4:\nbad:x:5a:\na\xff:x:7:7:";
  EXPECT_EQ(names.find(0), "root");
  EXPECT_EQ(names.find(4), std::nullopt);
  EXPECT_EQ(names.find(5), std::nullopt);
  EXPECT_EQ(names.find(7), "a\uFFFD");
  std::ofstream(file) << "new:x:4242:0\n";
  EXPECT_EQ(names.find(4242), "new");
  EXPECT_EQ(names.find(0), std::nullopt);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tripline
