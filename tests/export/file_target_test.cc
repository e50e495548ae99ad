// SPDX-License-Identifier: Apache-2.0
#include "export/file_target.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "export/folder.h"
#include "export/lines.h"

namespace tripline {
namespace {

using test::Folder;
using test::read_file;
using test::write_file;

std::string line(char byte, size_t size) {
  return R"({"a":")" + std::string(size - 9, byte) + "\"}\n";  // `size` bytes
}

unsigned mode_of(const std::string& path) {
  struct stat facts{};
  stat(path.c_str(), &facts);
  return facts.st_mode & 07777;
}

void wait_for(const FileTarget& target) {
  while (!target.backups().idle()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

TEST(FileTarget, MakesFileAndFolderWithTheModeWhateverTheMask) {
  const Folder folder;
  const mode_t mask = umask(077);
  FileTarget target({.path = folder / "a/b/e.json", .mode = 0664});
  EXPECT_TRUE(target.open());
  umask(mask);
  EXPECT_EQ(mode_of(folder / "a/b/e.json"), 0664U);
}

TEST(FileTarget, AFileThatWasThereKeepsItsModeAndItsLines) {
  const Folder folder;
  write_file(folder / "e.json", "{\"old\":1}\n");
  chmod((folder / "e.json").c_str(), 0644);
  FileTarget target({.path = folder / "e.json", .mode = 0600});
  EXPECT_EQ(target.write("{}\n").lines, 1U);
  EXPECT_EQ(read_file(folder / "e.json"), "{\"old\":1}\n{}\n");
  EXPECT_EQ(mode_of(folder / "e.json"), 0644U);
  ASSERT_TRUE(target.rotate());
  EXPECT_EQ(mode_of(folder / "e.json"), 0600U) << "a file of ours";
}

TEST(FileTarget, AFileHasAtMostItsSizeAndLinesAreWhole) {
  const Folder folder;
  FileTarget target({.path = folder / "e.json", .rotation = {.size = 100}});
  std::string all;
  for (const char byte : std::string("abcdefg")) all += line(byte, 40);
  const Written written = target.write(all);
  EXPECT_EQ(written.lines, 7U);
  EXPECT_EQ(written.bytes, all.size());
  std::string found;
  for (const std::string& name : folder.names()) {
    const std::string text = read_file(folder / name);
    EXPECT_LE(text.size(), 100U);
    EXPECT_TRUE(text.ends_with('\n'));
    found += text;
  }
  EXPECT_EQ(found, all) << "the names are in order, and before the name of the file";
  EXPECT_EQ(folder.names().size(), 4U);
}

TEST(FileTarget, ALineLongerThanAFileHasOneToItself) {
  const Folder folder;
  FileTarget target({.path = folder / "e.json", .rotation = {.size = 100}});
  EXPECT_EQ(target.write(line('a', 40) + line('b', 300) + line('c', 40)).lines, 3U);
  EXPECT_EQ(folder.names().size(), 3U);
  EXPECT_EQ(read_file(folder / "e.json"), line('c', 40));
}

TEST(FileTarget, KeepsTheYoungestBackups) {
  const Folder folder;
  FileTarget target({.path = folder / "e.json", .rotation = {.size = 50, .backups = 2}});
  for (const char byte : std::string("abcde")) target.write(line(byte, 40));
  wait_for(target);
  ASSERT_EQ(folder.names().size(), 3U);
  EXPECT_EQ(read_file(folder / folder.names()[0]), line('c', 40));
  EXPECT_EQ(read_file(folder / folder.names()[1]), line('d', 40));
  EXPECT_EQ(read_file(folder / "e.json"), line('e', 40));
  target.set_rotation({.size = 50, .backups = 1});
  wait_for(target);
  EXPECT_EQ(folder.names().size(), 2U) << "fewer are wanted";
}

TEST(FileTarget, RotatesAfterTheIntervalWithoutAnyLine) {
  const Folder folder;
  FileTarget target({.path = folder / "e.json", .rotation = {.interval = std::chrono::hours(1)}});
  ASSERT_TRUE(target.open());
  const auto due = target.due();
  EXPECT_GT(due, FileTarget::Clock::now() + std::chrono::minutes(59));
  ASSERT_TRUE(target.rotate());
  EXPECT_EQ(folder.names().size(), 2U);
  EXPECT_GE(target.due(), due) << "the next interval begins";
  target.set_rotation({});
  EXPECT_EQ(target.due(), FileTarget::Clock::time_point::max());
}

TEST(FileTarget, FindsThatTheFileWasRemovedMovedOrReplaced) {
  const Folder folder;
  const std::string path = folder / "e.json";
  FileTarget target({.path = path});
  target.write("{\"n\":1}\n");
  unlink(path.c_str());
  target.write("{\"n\":2}\n");
  EXPECT_EQ(read_file(path), "{\"n\":2}\n");
  rename(path.c_str(), (folder / "moved").c_str());
  target.write("{\"n\":3}\n");
  EXPECT_EQ(read_file(path), "{\"n\":3}\n");
  EXPECT_EQ(read_file(folder / "moved"), "{\"n\":2}\n");
  write_file(folder / "other", "{\"mine\":true}");
  rename((folder / "other").c_str(), path.c_str());
  target.write("{\"n\":4}\n");
  EXPECT_EQ(read_file(path), "{\"mine\":true}\n{\"n\":4}\n")
      << "a whole line without its end is not ours to remove";
  truncate(path.c_str(), 0);
  target.write("{\"n\":5}\n");
  EXPECT_EQ(read_file(path), "{\"n\":5}\n");
}

TEST(FileTarget, APieceOfALineIsTakenAway) {
  const Folder folder;
  const std::string path = folder / "e.json";
  const std::string whole = line('a', 40);
  for (size_t size = 0; size < whole.size(); size++) {
    write_file(path, whole + whole.substr(0, size));
    FileTarget target({.path = path});
    ASSERT_TRUE(target.open());
    const bool missed_its_end_only = size == whole.size() - 1;
    EXPECT_EQ(read_file(path), missed_its_end_only ? whole + whole : whole) << size;
  }
  write_file(path, std::string("{\"long\":\"") + std::string(1 << 20, 'x'));
  FileTarget target({.path = path});
  target.write(whole);
  EXPECT_EQ(read_file(path), whole);
}

// A limit on the size of files stands for a full disk: a write takes what fits, the next one nothing.
TEST(FileTarget, LosesWhatDoesNotFitAndNoLineIsTorn) {
  const Folder folder;
  const std::string path = folder / "e.json";
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    FileTarget target({.path = path});
    const rlimit full{100, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &full);
    const Written first = target.write(line('a', 40) + line('b', 40) + line('c', 40) + line('d', 40));
    bool good = first.lines == 2 && first.lost == 2 && first.problem == ENOSPC;
    const Written second = target.write(line('e', 40));
    good = good && second.lines == 0 && second.lost == 1;
    const rlimit room{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &room);
    const Written third = target.write(line('f', 40));
    good = good && third.lines == 1 && third.lost == 0 && third.problem == 0;
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_file(path), line('a', 40) + line('b', 40) + line('f', 40));
}

TEST(FileTarget, LinesAreWholeAfterAKillAtAnyMoment) {
  const Folder folder;
  const std::string path = folder / "e.json";
  for (int round = 0; round < 40; round++) {
    const pid_t child = fork();
    if (child == 0) {
      FileTarget target({.path = path, .rotation = {.size = 1 << 20, .backups = 3}});
      std::string batch;
      for (int at = 0; at < 20; at++) batch += line('x', 9000);
      while (true) target.write(batch);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + round % 7));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    FileTarget next({.path = path});
    ASSERT_TRUE(next.open());
    for (const std::string& name : folder.names()) {
      const std::string text = read_file(folder / name);
      EXPECT_EQ(text.size() % 9000, 0U) << name;
      EXPECT_TRUE(text.empty() || text.ends_with('\n'));
    }
  }
}

TEST(FileTarget, WithoutAFileLinesAreLostUntilThereIsOne) {
  const Folder folder;
  const std::string path = folder / "d/e.json";
  write_file(folder / "d", "in the way");
  FileTarget target({.path = path});
  EXPECT_FALSE(target.open());
  const Written lost = target.write("{}\n{}\n");
  EXPECT_EQ(lost.lost, 2U);
  EXPECT_EQ(lost.problem, ENOTDIR);
  unlink((folder / "d").c_str());
  EXPECT_EQ(target.write("{}\n").lines, 1U);
  EXPECT_EQ(read_file(path), "{}\n");
}

// The old file is a backup already, and there can be no new one: it gets its name back and goes on.
TEST(FileTarget, AFileThatNoneCanFollowGoesOn) {
  const Folder folder;
  const std::string path = folder / "e.json";
  const pid_t child = fork();
  if (child == 0) {
    FileTarget target({.path = path, .rotation = {.size = 50}});
    bool good = target.write(line('a', 40)).lines == 1;
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    const Written meanwhile = target.write(line('b', 40) + line('c', 40));
    good = good && meanwhile.lines == 2 && meanwhile.lost == 0;
    good = good && target.take_trouble().contains("Too many open files");
    setrlimit(RLIMIT_NOFILE, &before);
    good = good && target.write(line('d', 40)).lines == 1 && target.take_trouble().empty();
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  const auto names = folder.names();
  ASSERT_EQ(names.size(), 2U);
  EXPECT_EQ(read_file(folder / names[0]), line('a', 40) + line('b', 40) + line('c', 40));
  EXPECT_EQ(read_file(path), line('d', 40));
}

// Other backups are not seen, and the time is one that was before.
TEST(FileTarget, ABackupNeverReplacesAnother) {
  const Folder folder;
  const std::string path = folder / "e.json", other = folder / "e-2025-01-01T00-00-00.000.json";
  write_file(other, "{\"old\":1}\n");
  write_file(path, "{\"new\":1}\n");
  EXPECT_EQ(rename_anew(path, other).error().errnum, EEXIST);
  EXPECT_EQ(read_file(other), "{\"old\":1}\n");
  EXPECT_EQ(read_file(path), "{\"new\":1}\n");
  EXPECT_TRUE(rename_anew(path, folder / "e-2025-01-01T00-00-00.001.json"));
  EXPECT_EQ(folder.names().size(), 2U);
}

TEST(FileTarget, LosesLinesWhileSomethingElseHasItsName) {
  const Folder folder;
  const std::string path = folder / "e.json";
  FileTarget target({.path = path, .rotation = {.size = 100}});
  ASSERT_EQ(target.write(line('a', 40)).lines, 1U);
  const auto replaced = [&](const std::function<void()>& put) {
    std::filesystem::remove_all(path);
    put();
    const Written lost = target.write(line('b', 40) + line('c', 40));
    EXPECT_EQ(lost.lines, 0U);
    EXPECT_EQ(lost.lost, 2U);
    EXPECT_NE(lost.problem, 0);
    std::filesystem::remove_all(path);
    EXPECT_EQ(target.write(line('d', 40)).lines, 1U) << "and goes on";
    EXPECT_EQ(read_file(path), line('d', 40));
  };
  replaced([&] { std::filesystem::create_directory(path); });
  replaced([&] { mkfifo(path.c_str(), 0600); });
  replaced([&] { std::filesystem::create_symlink("/dev/full", path); });
  replaced([&] { std::filesystem::create_symlink(path, path); });
  replaced([&] { std::filesystem::create_symlink(folder / "none/such", path); });
  EXPECT_EQ(folder.names(), std::vector<std::string>{"e.json"});
}

TEST(FileTarget, AFileThatCannotGiveWayTakesAllLines) {
  const Folder folder;
  const std::string path = folder / "e.json";
  FileTarget target({.path = path, .rotation = {.size = 50}});
  target.write(line('a', 40));
  std::filesystem::permissions(std::filesystem::path(path).parent_path(), std::filesystem::perms(0555));
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0) _exit(2);  // whom modes hold up
    _exit(target.write(line('b', 40)).lines == 1 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "needs root";
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_file(path), line('a', 40) + line('b', 40));
}

}  // namespace
}  // namespace tripline
