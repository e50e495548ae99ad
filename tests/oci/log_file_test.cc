// SPDX-License-Identifier: Apache-2.0
#include "oci/log_file.h"

#include <thread>

#include "oci/folder.h"

namespace tripline::oci {
namespace {

size_t files_in(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(LogFile, Lines) {
  const auto path = fresh_folder() / "hook.log";
  const LogFile log(path, LogLevel::kInfo);
  log.write({LogLevel::kDebug, "not this"});
  log.write({LogLevel::kWarning, "a \"word\"", {{"pod", "web\n1"}}});
  const std::string text = contents(path);
  EXPECT_TRUE(text.starts_with(R"({"time":"20)"));
  EXPECT_TRUE(text.contains(R"("msg":"a \"word\"","pod":"web\n1"})"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
}

TEST(LogFile, KeepsFewOldOnes) {
  const auto folder = fresh_folder();
  const LogFile log(folder / "hook.log", LogLevel::kInfo, {.largest = 100, .kept = 3});
  put(folder / "other.log", "");
  for (int at = 0; at < 40; ++at) {
    log.write({LogLevel::kInfo, "something that is long enough", {{"at", std::to_string(at)}}});
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // their names are their times
  }
  EXPECT_TRUE(files_in(folder) == 4 || files_in(folder) == 5) << files_in(folder);
  EXPECT_TRUE(std::filesystem::exists(folder / "other.log"));
}

TEST(LogFile, WhatCannotBeWrittenIsNot) {
  const LogFile log("/no/such/folder/hook.log", LogLevel::kInfo);
  log.write({LogLevel::kInfo, "x"});
}

}  // namespace
}  // namespace tripline::oci
