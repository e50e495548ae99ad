// SPDX-License-Identifier: Apache-2.0
#include "daemon/static_policies.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tripline {
namespace {

namespace fs = std::filesystem;

class StaticPoliciesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tripline-static-" + std::to_string(getpid()));
    fs::create_directories(folder_ / "sub/deep");
  }
  void TearDown() override { fs::remove_all(folder_); }
  void put(const std::string& name) const { std::ofstream(folder_ / name) << name; }
  [[nodiscard]] std::vector<std::string> names(const StaticPolicies& from) const {
    const auto documents = read_static_policies(from);
    EXPECT_TRUE(documents) << documents.error().text();
    std::vector<std::string> out;
    for (const Source& each : *documents) out.push_back(each.text);
    return out;
  }
  fs::path folder_;
};

TEST_F(StaticPoliciesTest, InTheOrderOfTheirNames) {
  for (const char* name : {"z.yaml", "a.txt", ".hidden", "sub/m.yaml", "sub/deep/no.yaml"}) put(name);
  fs::create_symlink(folder_ / "a.txt", folder_ / "link.yaml");
  std::ofstream(folder_.string() + ".last") << "last";
  EXPECT_EQ(names({.folder = folder_, .file = folder_.string() + ".last"}),
            (std::vector<std::string>{".hidden", "a.txt", "a.txt", "sub/m.yaml", "z.yaml", "last"}));
  fs::remove(folder_.string() + ".last");
}

TEST_F(StaticPoliciesTest, AFolderThatIsNotThere) {
  EXPECT_EQ(names({.folder = "/no/such/folder", .may_be_missing = true}), std::vector<std::string>{});
  EXPECT_FALSE(read_static_policies({.folder = "/no/such/folder"}));
  EXPECT_FALSE(read_static_policies({.folder = "relative"}));
  EXPECT_FALSE(read_static_policies({.file = "/no/such/file"}));
}

}  // namespace
}  // namespace tripline
