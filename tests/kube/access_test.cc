// SPDX-License-Identifier: Apache-2.0
#include "kube/access.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace tripline::kube {
namespace {

class KubeAccess : public testing::Test {
 protected:
  KubeAccess() {
    std::string form = testing::TempDir() + "kubeXXXXXX";
    folder_ = mkdtemp(form.data());
  }
  ~KubeAccess() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  std::string folder_;
};

TEST_F(KubeAccess, InAPod) {
  write("token", " abc\n");
  write("ca.crt", "PEM");
  write("namespace", "kube-system\n");
  const auto access = access_in_cluster("fd00::1", "6443", folder_);
  ASSERT_TRUE(access) << access.error().text();
  EXPECT_EQ(*access, (Access{.host = "fd00::1",
                             .port = 6443,
                             .authorities = {.file = folder_ + "/ca.crt"},
                             .token = {.file = folder_ + "/token"},
                             .name_space = "kube-system"}));
  EXPECT_EQ(read_secret(access->token).value(), "abc");
}

TEST_F(KubeAccess, InAPodWithoutItsFiles) {
  const auto without_token = access_in_cluster("10.0.0.1", "443", folder_);
  ASSERT_FALSE(without_token);
  EXPECT_EQ(without_token.error().object, folder_ + "/token");
  write("token", "abc");
  const auto access = access_in_cluster("10.0.0.1", "443", folder_);
  ASSERT_TRUE(access);
  EXPECT_TRUE(access->authorities.empty());
  EXPECT_EQ(access->name_space, "default");
  EXPECT_FALSE(access_in_cluster("10.0.0.1", "https", folder_));
  EXPECT_FALSE(access_in_cluster("10.0.0.1", "0", folder_));
}

TEST(KubeAddress, IsRead) {
  Access access;
  EXPECT_TRUE(read_address("https://127.0.0.1:16443", access));
  EXPECT_EQ(access, (Access{.host = "127.0.0.1", .port = 16443}));
  for (const char* wrong :
       {"", "h", "ftp://h", "https://", "https://h:", "https://h:0", "https://h:99999", "https://[::1",
        "https://[::1]x", "https://u@h", "https://h/a?b", "https://h/a b"})
    EXPECT_FALSE(read_address(wrong, access)) << wrong;
}

}  // namespace
}  // namespace tripline::kube
