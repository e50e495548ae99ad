// SPDX-License-Identifier: Apache-2.0
#include "daemon/followed_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tripline {
namespace {

namespace fs = std::filesystem;

class FollowedStoreTest : public testing::Test {
 protected:
  ~FollowedStoreTest() override { fs::remove_all(folder_); }
  FollowedStore open() {
    auto out = FollowedStore::open(folder_);
    EXPECT_TRUE(out);
    return *std::move(out);
  }
  const std::string folder_ = testing::TempDir() + "followed_store";
  const std::vector<Pod> pods_{{.uid = "u", .name_space = "n", .name = "p", .labels = {{"a", "b"}}}};
};

TEST_F(FollowedStoreTest, TheNextDaemonReadsIt) {
  {
    const FollowedStore store = open();
    EXPECT_TRUE(store.read().pods.empty());
    ASSERT_TRUE(store.put({"k8s", "n", "p"}, "{one}"));
    ASSERT_TRUE(store.put({"k8s", "", "q"}, "{two}"));
    ASSERT_TRUE(store.put({"k8s", "n", "p"}, "{three}"));
    ASSERT_TRUE(store.remove({"k8s", "", "q"}));
    ASSERT_TRUE(store.put_pods(pods_));
  }
  const FollowedStore::Contents read = open().read();
  ASSERT_EQ(read.policies.size(), 1u);
  EXPECT_EQ(read.policies[0], std::pair(PolicyName{"k8s", "n", "p"}, std::string("{three}")));
  EXPECT_EQ(read.pods, pods_);
  EXPECT_TRUE(read.problems.empty());
  FollowedStore::remove(folder_);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(FollowedStoreTest, WhatCannotBeReadIsPassedOver) {
  const FollowedStore store = open();
  ASSERT_TRUE(store.put({"k8s", "n", "p"}, "{one}"));
  ASSERT_TRUE(store.put_pods(pods_));
  std::ofstream(folder_ + "/pods.json") << "{";
  std::ofstream(folder_ + "/policies/q:n:k8s.json") << "half";
  const FollowedStore::Contents read = store.read();
  EXPECT_EQ(read.policies.size(), 1u);
  EXPECT_TRUE(read.pods.empty());
  EXPECT_EQ(read.problems.size(), 2u);
}

}  // namespace
}  // namespace tripline
