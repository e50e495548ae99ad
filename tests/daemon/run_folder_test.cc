// SPDX-License-Identifier: Apache-2.0
#include "daemon/run_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tripline {
namespace {

class RunFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("tripline-run-" + std::to_string(getpid()));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string folder_;
};

TEST_F(RunFolderTest, OneDaemonAtATime) {
  {
    const auto first = PidFile::take(folder_);
    ASSERT_TRUE(first) << first.error().text();
    EXPECT_EQ(text_of("tetragon.pid"), std::to_string(getpid()));
    const auto second = PidFile::take(folder_);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().text().find("process is already running"), std::string::npos);
    EXPECT_EQ(text_of("tetragon.pid"), std::to_string(getpid()));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/tetragon.pid"));
}

TEST_F(RunFolderTest, AFileThatADeadOneLeftIsTakenOver) {
  std::filesystem::create_directory(folder_);
  std::ofstream(folder_ + "/tetragon.pid") << "123456789";
  const auto taken = PidFile::take(folder_);
  ASSERT_TRUE(taken);
  EXPECT_EQ(text_of("tetragon.pid"), std::to_string(getpid()));
}

TEST_F(RunFolderTest, TellsClientsWhereItIs) {
  std::filesystem::create_directory(folder_);
  const DaemonFacts facts{.export_file = "/x",
                          .lib_folder = "/lib",
                          .server_address = "unix:///s",
                          .map_folder = "/sys/fs/bpf/t",
                          .pid = 7};
  ASSERT_TRUE(write_info(folder_, facts));
  EXPECT_EQ(text_of("tetragon-info.json"),
            R"({"export_fname":"/x","lib_dir":"/lib","btf_fname":"","server_address":"unix:///s",)"
            R"("metrics_address":"","gops_address":"","map_dir":"/sys/fs/bpf/t","bpftool_path":"",)"
            R"("gops_path":"","max_recv_size":0,"pid":7})"
            "\n");
  struct stat info{};
  ASSERT_EQ(stat((folder_ + "/tetragon-info.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0744U);
}

}  // namespace
}  // namespace tripline
