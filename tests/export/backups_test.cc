// SPDX-License-Identifier: Apache-2.0
#include "export/backups.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <random>
#include <thread>

#include "export/compress.h"
#include "export/folder.h"

namespace tripline {
namespace {

using test::Folder;
using test::read_file;
using test::write_file;

constexpr int64_t kTime = 1'767'225'599'123'456'789;  // 2025-12-31T23:59:59.123
constexpr int64_t kHour = 3'600'000'000'000;

std::string gunzip(const std::string& path) {
  std::string out;
  gzFile file = gzopen(path.c_str(), "rb");
  char chunk[4096];
  for (int size = 0; (size = gzread(file, chunk, sizeof(chunk))) > 0;) out.append(chunk, size);
  gzclose(file);
  return out;
}

TEST(Backups, AreCalledAfterTheFileAndTheTime) {
  const Folder folder;
  EXPECT_EQ(next_backup(folder / "events.log.json", kTime),
            folder / "events.log-2025-12-31T23-59-59.123.json");
  EXPECT_EQ(next_backup(folder / "events", kTime), folder / "events-2025-12-31T23-59-59.123");
}

TEST(Backups, AreFoundAmongOthers) {
  const Folder folder;
  for (const char* name : {"e-2025-01-01T00-00-00.000.json", "e-2025-01-02T00-00-00.000.json.gz",
                           "e-2025-01-01T00-00-00.000.json.gz", "e-2025-01-01T00-00-00.json", "e.json",
                           "ee-2025-01-01T00-00-00.000.json", "e-2025-01-01T00-00-00.000.log",
                           "e-2025-01-03T00-00-00.000.json.gz.part"})
    write_file(folder / name, "");
  const std::vector<Backup> found = list_backups(folder / "e.json");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].path, folder / "e-2025-01-02T00-00-00.000.json");
  EXPECT_TRUE(found[0].compressed && !found[0].plain);
  EXPECT_TRUE(found[1].compressed && found[1].plain);
}

TEST(Backups, OneIsYoungerThanAllThatAreThereWhateverTheClockSays) {
  const Folder folder;
  const std::string first = next_backup(folder / "e.json", kTime);
  write_file(first, "");
  const std::string second = next_backup(folder / "e.json", kTime);
  EXPECT_EQ(second, folder / "e-2025-12-31T23-59-59.124.json") << "in the same millisecond";
  write_file(second, "");
  EXPECT_EQ(next_backup(folder / "e.json", kTime - kHour), folder / "e-2025-12-31T23-59-59.125.json")
      << "a clock that was set back";
}

TEST(Backups, CompressedOnesHaveTheModeAndTheBytes) {
  const Folder folder;
  const std::string path = folder / "e-2025-01-01T00-00-00.000";
  std::string text;
  for (int at = 0; at < 100'000; at++) text += std::to_string(at * at);
  write_file(path, text);
  chmod(path.c_str(), 0604);
  ASSERT_TRUE(compress_file(path, false));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"e-2025-01-01T00-00-00.000.gz"});
  EXPECT_EQ(gunzip(path + ".gz"), text);
  struct stat facts{};
  stat((path + ".gz").c_str(), &facts);
  EXPECT_EQ(facts.st_mode & 07777, 0604U);
}

TEST(Backups, CompressionThatIsStoppedLeavesEverythingAsItWas) {
  const Folder folder;
  write_file(folder / "e", "text");
  ASSERT_TRUE(compress_file(folder / "e", true));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"e"});
}

// A limit on the size of files stands for a full disk.
TEST(Backups, WithoutRoomForTheCompressedOneThePlainOneStays) {
  const Folder folder;
  const std::string path = folder / "e-2025-01-01T00-00-00.000.json";
  std::string text;
  std::mt19937 random(1);
  while (text.size() < 300'000) text += static_cast<char>(random());
  write_file(path, text);
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit full{100'000, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &full);
    BackupKeeper keeper(folder / "e.json", true);
    keeper.tidy(5);
    while (!keeper.idle()) usleep(1000);
    _exit(keeper.take_problem().contains("compress") ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"e-2025-01-01T00-00-00.000.json"});
  EXPECT_EQ(read_file(path), text);
}

TEST(Backups, TheKeeperCompressesWhatIsLeftOverAndRemovesTheRest) {
  const Folder folder;
  write_file(folder / "e-2025-01-01T00-00-00.000.json.gz", "old");
  write_file(folder / "e-2025-01-02T00-00-00.000.json", "second");
  write_file(folder / "e-2025-01-03T00-00-00.000.json", "third");
  write_file(folder / "e-2025-01-03T00-00-00.000.json.gz.part", "of someone who was killed");
  write_file(folder / "e.json", "now");
  BackupKeeper keeper(folder / "e.json", true);
  keeper.tidy(2);
  while (!keeper.idle()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"e-2025-01-02T00-00-00.000.json.gz",
                                                      "e-2025-01-03T00-00-00.000.json.gz", "e.json"}));
  EXPECT_EQ(gunzip(folder / "e-2025-01-03T00-00-00.000.json.gz"), "third");
  EXPECT_EQ(keeper.take_problem(), "");
}

}  // namespace
}  // namespace tripline
