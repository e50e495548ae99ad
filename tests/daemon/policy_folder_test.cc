// SPDX-License-Identifier: Apache-2.0
#include "daemon/policy_folder.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tripline {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::string policy(const std::string& name, const std::string& call = "sys_umask") {
  return "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: " + name +
         "\nspec:\n  kprobes:\n  - call: " + call + "\n";
}

PolicyName name_of(const std::string& name) { return {"static", {}, name}; }

TEST(FolderChange, WhatCameChangedAndWent) {
  const auto first = folder_change({}, {{"a", policy("one")}, {"b", policy("two")}}, "static");
  ASSERT_TRUE(first) << first.error();
  EXPECT_TRUE(first->out.empty());
  ASSERT_EQ(first->in.size(), 2U);
  const auto second =
      folder_change(first->after, {{"b", policy("two", "sys_read")}, {"c", policy("three")}}, "static");
  ASSERT_TRUE(second) << second.error();
  EXPECT_EQ(second->out, (std::vector<PolicyName>{name_of("two"), name_of("one")}));
  ASSERT_EQ(second->in.size(), 2U);
  EXPECT_EQ(second->in[0].name, "b");
  EXPECT_EQ(second->in[1].name, "c");
  EXPECT_EQ(second->after.size(), 2U);
}

TEST(FolderChange, AFileThatIsRenamedChangesNothing) {
  const auto first = folder_change({}, {{"a", policy("one")}}, "static");
  const auto second = folder_change(first->after, {{"other", policy("one")}}, "static");
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->out.empty());
  EXPECT_TRUE(second->in.empty());
}

TEST(FolderChange, AMistakeHasItsPlace) {
  const auto wrong =
      folder_change({}, {{"a", policy("one")}, {"/p/b", policy("two") + "  kprobe: []\n"}}, "static");
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().starts_with("/p/b:8:3: error: unknown field \"kprobe\"")) << wrong.error();
  const auto same = folder_change({}, {{"a", policy("one")}, {"b", policy("one")}}, "static");
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error(), "b: its policy \"one\" is also in a");
}

class FolderWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tripline-watched-" + std::to_string(getpid())) / "tp";
    fs::create_directories(folder_ / "sub");
  }
  void TearDown() override { fs::remove_all(folder_.parent_path()); }
  void put(const std::string& name) const { std::ofstream(folder_ / name) << name; }
  // Hears what there is at `now`, and says whether there was something.
  static bool heard(FolderWatch& watch, FolderWatch::Clock::time_point now) {
    pollfd bell{.fd = watch.bell(), .events = POLLIN, .revents = 0};
    const bool rings = poll(&bell, 1, 0) == 1;
    watch.hear(now);
    return rings;
  }
  fs::path folder_;
};

TEST_F(FolderWatchTest, WaitsUntilItIsQuiet) {
  auto watch = FolderWatch::open(folder_);
  ASSERT_TRUE(watch) << watch.error().text();
  const FolderWatch::Clock::time_point start{};
  EXPECT_FALSE(heard(*watch, start));
  EXPECT_FALSE(watch->rest(start));
  put("a");
  EXPECT_TRUE(heard(*watch, start));
  EXPECT_FALSE(watch->due(start + milliseconds(199)));
  put("b");
  EXPECT_TRUE(heard(*watch, start + milliseconds(199)));
  EXPECT_FALSE(watch->due(start + milliseconds(300)));
  EXPECT_EQ(watch->rest(start + milliseconds(300)), milliseconds(99));
  EXPECT_TRUE(watch->due(start + milliseconds(399)));
  EXPECT_FALSE(watch->due(start + milliseconds(900)));
}

TEST_F(FolderWatchTest, DoesNotWaitForEver) {
  auto watch = FolderWatch::open(folder_);
  const FolderWatch::Clock::time_point start{};
  for (int n = 0; n < 20; ++n) {
    put("a");
    heard(*watch, start + n * milliseconds(100));
    EXPECT_FALSE(watch->due(start + n * milliseconds(100)));
  }
  put("a");
  heard(*watch, start + milliseconds(2000));
  EXPECT_TRUE(watch->due(start + milliseconds(2000)));
}

TEST_F(FolderWatchTest, FoldersInItAndInItsPlace) {
  auto watch = FolderWatch::open(folder_);
  const FolderWatch::Clock::time_point start{};
  put("sub/a");
  EXPECT_TRUE(heard(*watch, start));
  fs::create_directory(folder_ / "new");
  EXPECT_TRUE(heard(*watch, start));
  put("new/a");
  EXPECT_TRUE(heard(*watch, start));
  fs::rename(folder_, folder_.string() + ".old");
  EXPECT_TRUE(heard(*watch, start));
  fs::create_directory(folder_);
  EXPECT_TRUE(heard(*watch, start));
  put("b");
  EXPECT_TRUE(heard(*watch, start));
}

TEST_F(FolderWatchTest, AFolderThatComesLater) {
  fs::remove_all(folder_);
  auto watch = FolderWatch::open(folder_);
  ASSERT_TRUE(watch) << watch.error().text();
  fs::create_directory(folder_);
  EXPECT_TRUE(heard(*watch, {}));
  put("a");
  EXPECT_TRUE(heard(*watch, {}));
  EXPECT_FALSE(FolderWatch::open("/no/such/folder/at/all"));
}

}  // namespace
}  // namespace tripline
