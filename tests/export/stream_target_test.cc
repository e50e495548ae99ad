// SPDX-License-Identifier: Apache-2.0
#include "export/stream_target.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "export/folder.h"

namespace tripline {
namespace {

using test::Folder;

const std::atomic<bool> kGoOn = false;

class StreamTargetTest : public testing::Test {
 protected:
  StreamTargetTest() {
    signal(SIGPIPE, SIG_IGN);
    mkfifo(path_.c_str(), 0600);
  }
  std::string read_some(const Fd& from, size_t most = 1 << 20) {
    std::string out(most, '\0');
    const ssize_t size = read(from.get(), out.data(), most);
    out.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return out;
  }
  Fd reader() { return Fd(open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)); }

  Folder folder_;
  std::string path_ = folder_ / "pipe";
};

TEST_F(StreamTargetTest, APipeThatNobodyReadsTakesLinesOnceSomeoneDoes) {
  StreamTarget target(path_);
  EXPECT_EQ(target.open().error().errnum, ENXIO);
  const Written lost = target.write("{}\n{}\n", kGoOn);
  EXPECT_EQ(lost.lost, 2U);
  EXPECT_EQ(lost.problem, ENXIO);
  Fd from = reader();
  EXPECT_EQ(target.write("{\"n\":1}\n", kGoOn).lines, 1U);
  EXPECT_EQ(read_some(from), "{\"n\":1}\n");
  from.reset();
  EXPECT_EQ(target.write("{\"n\":2}\n", kGoOn).problem, EPIPE);
  from = reader();
  EXPECT_EQ(target.write("{\"n\":3}\n", kGoOn).lines, 1U);
  EXPECT_EQ(read_some(from), "{\"n\":3}\n");
}

TEST_F(StreamTargetTest, AFullPipeHoldsUpTheWriterNoLongerThanItIsToGoOn) {
  const Fd from = reader();
  StreamTarget target(path_);
  ASSERT_TRUE(target.open());
  const std::string line(1000, 'x');
  std::string lines;
  for (int at = 0; at < 500; at++) lines += line + '\n';
  std::atomic<bool> stop = false;
  Written written;
  std::thread writer([&] { written = target.write(lines, stop); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  stop = true;
  writer.join();
  EXPECT_GT(written.lines, 0U);
  EXPECT_EQ(written.lines + written.lost, 500U);
  std::string got;
  for (std::string some = read_some(from); !some.empty(); some = read_some(from)) got += some;
  EXPECT_EQ(got.size(), written.lines * 1001)
      << "whole lines: each write has no more than a pipe takes at once";
}

TEST_F(StreamTargetTest, ALongLineThatWasBegunIsFinishedBeforeAnother) {
  const Fd from = reader();
  StreamTarget target(path_);
  ASSERT_TRUE(target.open());
  const std::string first = std::string(200'000, 'x') + '\n';
  std::atomic<bool> stop = true;
  const Written begun = target.write(first, stop);
  EXPECT_EQ(begun.lines, 0U);
  EXPECT_EQ(begun.lost, 1U);
  std::string got;
  std::thread reads([&] {
    while (!got.ends_with("{}\n")) {
      const std::string some = read_some(from);
      if (some.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      got += some;
    }
  });
  EXPECT_EQ(target.write("{}\n", kGoOn).lines, 1U);
  reads.join();
  EXPECT_EQ(got, first + "{}\n");
}

// In a process of its own, whose standard output it takes.
template <typename Test>
bool holds_apart(Test test) {
  const pid_t child = fork();
  if (child == 0) _exit(test() ? 0 : 1);
  int status = 1;
  waitpid(child, &status, 0);
  return status == 0;
}

TEST_F(StreamTargetTest, StandardOutputThatIsClosedIsRefused) {
  EXPECT_TRUE(holds_apart([] {
    close(STDOUT_FILENO);
    StreamTarget target("-");
    const auto opened = target.open();
    const Written lost = target.write("{}\n{}\n", kGoOn);
    return !opened && opened.error().errnum == EBADF && lost.lost == 2 && lost.problem == EBADF;
  }));
}

TEST_F(StreamTargetTest, LinesForStandardOutputAreLostOnceNobodyReads) {
  EXPECT_TRUE(holds_apart([] {
    int ends[2];
    if (pipe(ends) != 0) return false;
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    StreamTarget target("-");
    if (!target.open() || target.write("{}\n", kGoOn).lines != 1) return false;
    close(ends[0]);
    const Written lost = target.write("{}\n{}\n", kGoOn);
    const Written again = target.write("{}\n", kGoOn);
    return lost.lost == 2 && lost.problem == EPIPE && again.lost == 1 && again.problem == EPIPE;
  }));
}

TEST_F(StreamTargetTest, ADeviceThatIsFullLosesLines) {
  StreamTarget target("/dev/full");
  ASSERT_TRUE(target.open());
  const Written written = target.write("{}\n", kGoOn);
  EXPECT_EQ(written.lost, 1U);
  EXPECT_EQ(written.problem, ENOSPC);
}

}  // namespace
}  // namespace tripline
