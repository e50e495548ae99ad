// SPDX-License-Identifier: Apache-2.0
#include "export/writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <thread>

#include "export/folder.h"

namespace tripline {
namespace {

using test::Folder;
using test::read_file;

LineTarget file_target(const std::string& path, Rotation rotation = {}) {
  return std::make_unique<FileTarget>(FileOptions{.path = path, .rotation = rotation});
}

template <typename Condition>
bool soon(Condition condition) {
  for (int tries = 0; tries < 1000; tries++) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

TEST(LineWriter, WritesInOrderAndBeforeItEnds) {
  const Folder folder;
  LineWriter writer(file_target(folder / "e"));
  std::string all;
  for (int at = 0; at < 1000; at++) {
    const std::string line = std::to_string(at) + '\n';
    writer.add(line, 1);
    all += line;
  }
  const WriterCounts counts = writer.finish();
  EXPECT_EQ(counts.lines, 1000U);
  EXPECT_EQ(counts.bytes, all.size());
  EXPECT_EQ(counts.lost, 0U);
  EXPECT_EQ(read_file(folder / "e"), all);
}

// Some are copied, and many change hands with their memory.
TEST(LineWriter, TakesBuffersOfAllSizes) {
  const Folder folder;
  LineWriter writer(file_target(folder / "e"));
  std::string all;
  TextBuffer lines;
  for (size_t round = 0; round < 100; round++) {
    const std::string line = "{" + std::to_string(round) + std::string(round * 997 % 3000, 'x') + "}\n";
    const size_t count = 1 + round * 31 % 60;
    for (size_t at = 0; at < count; at++) {
      lines.add(line);
      all += line;
    }
    writer.add(lines, count);
    EXPECT_EQ(lines.size(), 0U);
    if (round % 20 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const WriterCounts counts = writer.finish();
  EXPECT_EQ(counts.lost, 0U);
  EXPECT_EQ(counts.bytes, all.size());
  EXPECT_EQ(read_file(folder / "e"), all);
}

TEST(LineWriter, WritesSoonWithoutBeingAskedAgain) {
  const Folder folder;
  LineWriter writer(file_target(folder / "e"));
  writer.add("{}\n", 1);
  EXPECT_TRUE(soon([&] { return writer.counts().lines == 1; }));
}

TEST(LineWriter, ATargetThatHangsHoldsUpNobody) {
  signal(SIGPIPE, SIG_IGN);  // as the daemon does; the thread that hangs outlives its reader
  const Folder folder;
  mkfifo((folder / "pipe").c_str(), 0600);
  const Fd reader(open((folder / "pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  LineWriter writer(std::make_unique<StreamTarget>(folder / "pipe"));
  const std::string line = std::string(1000, 'x') + '\n';
  constexpr uint64_t kLines = 60'000;  // more than wait and are being written
  const auto begun = std::chrono::steady_clock::now();
  for (uint64_t at = 0; at < kLines; at++) writer.add(line, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(30));
  EXPECT_GT(writer.counts().lost, kLines / 4);
  EXPECT_FALSE(writer.counts().problem.empty());
  const WriterCounts counts = writer.finish();
  EXPECT_EQ(counts.lines + counts.lost, kLines);
}

TEST(LineWriter, GoesOnWhenTheTargetDoes) {
  signal(SIGPIPE, SIG_IGN);  // likewise
  const Folder folder;
  mkfifo((folder / "pipe").c_str(), 0600);
  LineWriter writer(std::make_unique<StreamTarget>(folder / "pipe"));
  writer.add("{}\n", 1);
  ASSERT_TRUE(soon([&] { return writer.counts().lost == 1; }));
  EXPECT_EQ(writer.counts().problem, "No such device or address");
  const Fd reader(open((folder / "pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  writer.add("{}\n", 1);
  ASSERT_TRUE(soon([&] { return writer.counts().lines == 1; }));
  EXPECT_EQ(writer.counts().problem, "");
}

TEST(LineWriter, RotatesWhenItIsTimeAndWhenToldOtherwise) {
  const Folder folder;
  LineWriter writer(file_target(folder / "e", {.interval = std::chrono::milliseconds(20)}));
  EXPECT_TRUE(soon([&] { return folder.names().size() >= 3; })) << "without any line";
  writer.set_rotation({.backups = 1});
  EXPECT_TRUE(soon([&] { return folder.names().size() == 2; }));
  const auto names = folder.names();
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  EXPECT_EQ(folder.names(), names);
}

TEST(LineWriter, FindsAMovedFileWhenToldTo) {
  const Folder folder;
  LineWriter writer(file_target(folder / "e"));
  writer.add("{}\n", 1);
  ASSERT_TRUE(soon([&] { return writer.counts().lines == 1; }));
  rename((folder / "e").c_str(), (folder / "moved").c_str());
  writer.reopen();
  EXPECT_TRUE(soon([&] { return folder.names().size() == 2; })) << "without any line";
}

}  // namespace
}  // namespace tripline
