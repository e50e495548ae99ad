// SPDX-License-Identifier: Apache-2.0
#include "daemon/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tripline {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(LogTest, LinesAsJson) {
  const LogLine line{LogLevel::kWarning, "it \"broke\"", {{"path", "/x"}}};
  EXPECT_EQ(json_text(line, 1'500'000'000),
            R"({"time":"1970-01-01T00:00:01.500000000Z","level":"warn","msg":"it \"broke\"","path":"/x"})");
}

TEST(LogTest, AFileGetsWhatTheLevelLetsThrough) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("tripline-log-" + std::to_string(getpid()));
  {
    testing::internal::CaptureStdout();
    const auto log = Log::open({.level = LogLevel::kWarning, .file = path});
    ASSERT_TRUE(log);
    log->write({LogLevel::kInfo, "quiet"});
    log->write({LogLevel::kError, "loud", {{"error", "no"}}});
    EXPECT_EQ(log->level(), LogLevel::kWarning);
    log->set_level(LogLevel::kInfo);
    log->write({LogLevel::kInfo, "now heard"});
    EXPECT_EQ(testing::internal::GetCapturedStdout(), text_of(path));
  }
  EXPECT_EQ(text_of(path), "level=error msg=loud error=no\nlevel=info msg=\"now heard\"\n");
  std::filesystem::remove(path);
}

TEST(LogTest, AFileThatCannotBeMade) { EXPECT_FALSE(Log::open({.file = "/proc/no/such/folder"})); }

}  // namespace
}  // namespace tripline
