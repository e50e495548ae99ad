// SPDX-License-Identifier: Apache-2.0
#include "agent/file_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "base/fd.h"

namespace tripline {
namespace {

class FileWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/file-watch-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ / "library";
    put("one");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // As packages do it: under another name, then renamed.
  void put(const std::string& text) const {
    std::ofstream(folder_ / "new") << text;
    std::filesystem::rename(folder_ / "new", path_);
  }
  [[nodiscard]] HookedFile file() const {
    struct stat status = {};
    EXPECT_EQ(stat(path_.c_str(), &status), 0);
    return {path_, status.st_dev, status.st_ino};
  }
  [[nodiscard]] std::vector<WatchedPolicy> watching(std::vector<HookedFile> files) const {
    return {{{"", "", "p"}, std::move(files)}};
  }
  [[nodiscard]] std::vector<Renewal> compare(std::vector<HookedFile> files, bool ask = false,
                                             bool is_run = true) {
    return comparison_.compare(watching(std::move(files)), ask,
                               [=](const auto&, const auto&) { return is_run; });
  }

  std::filesystem::path folder_, path_;
  FileComparison comparison_;
};

TEST_F(FileWatchTest, AFileThatIsReplacedIsToldOfOnce) {
  const HookedFile first = file();
  EXPECT_TRUE(compare({first}).empty());
  std::filesystem::rename(path_, folder_ / "old");  // which keeps its inode from being used again
  EXPECT_TRUE(compare({first}).empty()) << "nothing is there for a moment";
  put("two");
  const auto told = compare({first});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].name, (PolicyName{"", "", "p"}));
  EXPECT_EQ(told[0].path, path_);
  EXPECT_TRUE(told[0].gone.empty());
  EXPECT_TRUE(compare({first}).empty()) << "it was refused";
  std::ofstream(path_, std::ios::app) << "more";
  EXPECT_EQ(compare({first}).size(), 1U) << "and now there is more of it";
  EXPECT_TRUE(compare({first, file()}).empty()) << "it is hooked";
}

TEST_F(FileWatchTest, AnOldFileIsGoneWhenNobodyRunsIt) {
  const HookedFile first = file();
  std::filesystem::rename(path_, folder_ / "old");
  put("two");
  const HookedFile second = file();
  EXPECT_TRUE(compare({first, second}, false, false).empty());
  EXPECT_TRUE(compare({first, second}, true, true).empty());
  const auto told = compare({first, second}, true, false);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].path, "");
  EXPECT_EQ(told[0].gone, std::vector<HookedFile>{first});
}

TEST_F(FileWatchTest, WhatAProcessMaps) {
  const HookedFile first = file();
  const HookedFile other{"/nowhere", first.device, 0};
  EXPECT_FALSE(is_mapped(first, other));
  const Fd opened(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  void* at = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, opened.get(), 0);
  ASSERT_NE(at, MAP_FAILED);
  EXPECT_TRUE(is_mapped(first, other));
  std::filesystem::remove(path_);
  EXPECT_TRUE(is_mapped(first, other)) << "also when it is deleted";
  EXPECT_TRUE(is_mapped({path_, 0, first.inode + 1}, other)) << "by its path, where inodes are others";
  EXPECT_FALSE(is_mapped({path_, 0, first.inode + 1}, first)) << "but not the one that is there now";
  munmap(at, 4096);
}

TEST_F(FileWatchTest, LooksOnAThreadOfItsOwn) {
  std::promise<std::vector<Renewal>> told;
  FileWatch watch([&](std::vector<Renewal> renewals) { told.set_value(std::move(renewals)); });
  const auto now = std::chrono::steady_clock::now();
  EXPECT_TRUE(watch.due(now));
  watch.look(watching({{path_, 0, 0}}), now);
  EXPECT_FALSE(watch.due(now + std::chrono::seconds(1)));
  EXPECT_TRUE(watch.due(now + FileWatch::kPause));
  auto future = told.get_future();
  ASSERT_EQ(future.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(future.get().size(), 1U);
}

}  // namespace
}  // namespace tripline
