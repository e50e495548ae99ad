// SPDX-License-Identifier: Apache-2.0
// The folders here are on a file system of the host's; nothing is pinned.
#include "daemon/mounts.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace tripline {
namespace {

namespace fs = std::filesystem;

class BpfFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "bpfXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    above_ = name;
  }
  void TearDown() override { fs::remove_all(above_); }

  [[nodiscard]] std::string folder() const { return above_ + "/agent"; }
  [[nodiscard]] Result<bool> make() const { return make_bpf_folder(folder(), folder() + "/base"); }
  void put(const std::string& path, const std::string& text = "") const {
    fs::create_directories(fs::path(above_ + "/" + path).parent_path());
    std::ofstream(above_ + "/" + path) << text;
  }
  [[nodiscard]] std::string text(const std::string& path) const {
    std::string out;
    std::ifstream(above_ + "/" + path) >> out;
    return out;
  }
  [[nodiscard]] std::vector<std::string> all() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(above_))
      out.push_back(fs::relative(entry.path(), above_));
    std::ranges::sort(out);
    return out;
  }

  std::string above_;
};

TEST_F(BpfFolder, TheFirstOneFindsNothing) {
  EXPECT_EQ(make(), false);
  EXPECT_EQ(all(), (std::vector<std::string>{"agent", "agent/base"}));
  remove_bpf_folder(folder());
  EXPECT_TRUE(all().empty());
}

TEST_F(BpfFolder, WhatIsThereIsMovedAsideAndCanBePutBack) {
  put("agent/base/manifest", "one");
  EXPECT_EQ(make(), true);
  EXPECT_EQ(all(), (std::vector<std::string>{"agent", "agent/base", "agent_old", "agent_old/base",
                                             "agent_old/base/manifest"}));
  put("agent/base/2_1");
  put_back_bpf_folder(folder());
  EXPECT_EQ(all(), (std::vector<std::string>{"agent", "agent/base", "agent/base/manifest"}));
}

// It was killed while it took over: what it had begun comes to what it was to replace.
TEST_F(BpfFolder, OneThatDidNotGetAsFarAsItsManifestLeavesTheOlderOneInForce) {
  put("agent_old/base/manifest", "old");
  put("agent_old/base/tl_control", "old");
  put("agent_old/base/1_1");
  put("agent/base/tl_control", "new");
  put("agent/base/2_1");
  EXPECT_EQ(make(), true);
  EXPECT_EQ(all(), (std::vector<std::string>{"agent", "agent/base", "agent_old", "agent_old/base",
                                             "agent_old/base/1_1", "agent_old/base/2_1",
                                             "agent_old/base/manifest", "agent_old/base/tl_control"}));
  EXPECT_EQ(text("agent_old/base/manifest"), "old");
  EXPECT_EQ(text("agent_old/base/tl_control"), "old");
}

TEST_F(BpfFolder, TheNewerManifestCounts) {
  put("agent_old/base/manifest", "old");
  put("agent_old/base/tl_control", "old");
  put("agent/base/manifest", "new");
  put("agent/base/tl_control", "new");
  fs::create_directory(folder() + "/policy");
  EXPECT_EQ(make(), true);
  EXPECT_EQ(text("agent_old/base/manifest"), "new");
  EXPECT_EQ(text("agent_old/base/tl_control"), "new");
  EXPECT_TRUE(fs::is_directory(above_ + "/agent_old/policy"));
}

TEST_F(BpfFolder, OneThatWasKilledAfterTheMoveIsFound) {
  put("agent_old/base/manifest");
  EXPECT_EQ(make(), true);
}

}  // namespace
}  // namespace tripline
