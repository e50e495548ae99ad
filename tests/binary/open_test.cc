// SPDX-License-Identifier: Apache-2.0
#include "binary/open.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "binary/workshop.h"

namespace tripline::binary {
namespace {

// root/: bin -> usr/bin, lib -> /usr/lib, usr/bin/a -> ../../../../usr/lib/b, usr/bin/out -> /etc/passwd, loops, and so on.
class Open : public testing::Test {
 protected:
  Open() {
    EXPECT_TRUE(
        workshop_.run("mkdir -p root/usr/bin root/usr/lib root/etc && cd root && ln -s usr/bin bin && ln -s "
                      "/usr/lib lib && echo b > usr/lib/b && "
                      "ln -s ../../../../usr/lib/b usr/bin/a && ln -s /etc/passwd usr/bin/out && ln -s loop "
                      "usr/bin/loop && "
                      "ln -s ../lib/./b usr/bin/c && ln -s nowhere usr/bin/dead && mkfifo usr/bin/pipe && "
                      "echo secret > ../outside && "
                      "ln -s /usr/bin//a etc/far"));
  }
  std::string first_line(int file) {
    char bytes[64] = {};
    const ssize_t count = pread(file, bytes, sizeof(bytes), 0);
    return {bytes, static_cast<size_t>(std::max<ssize_t>(count, 0))};
  }
  Workshop workshop_;
};

TEST_F(Open, AsItIs) {
  const auto file = open_file(workshop_.path("outside"));
  ASSERT_TRUE(file);
  EXPECT_EQ(first_line(file->fd.get()), "secret\n");
  EXPECT_EQ(file->size, 7u);
  struct stat status{};
  ASSERT_EQ(stat(workshop_.path("outside").c_str(), &status), 0);
  EXPECT_EQ(file->inode, status.st_ino);
  EXPECT_EQ(file->device, status.st_dev);
}

TEST_F(Open, Refused) {
  const auto none = open_file(workshop_.path("none"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault, Fault::kNoFile);
  EXPECT_EQ(none.error().detail, "does not exist");
  EXPECT_EQ(none.error().errnum, ENOENT);
  EXPECT_EQ(open_file(workshop_.path("outside/x")).error().fault, Fault::kNoFile);
  EXPECT_EQ(open_file(std::string("/etc/passwd\0x", 13)).error().fault, Fault::kNoFile);
  const auto folder = open_file(workshop_.path("root"));
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().fault, Fault::kUnreadable);
  EXPECT_EQ(folder.error().detail, "is a folder");
  const auto pipe = open_file(workshop_.path("root/usr/bin/pipe"));
  ASSERT_FALSE(pipe) << "and nobody waits for its other end";
  EXPECT_EQ(pipe.error().detail, "is not a regular file");
  EXPECT_EQ(open_file("/dev/null").error().detail, "is not a regular file");
  EXPECT_EQ(open_file(workshop_.path("root/usr/bin/loop")).error().errnum, ELOOP);
}

// Both ways of looking up agree.
TEST_F(Open, BelowARoot) {
  const std::string root = workshop_.path("root");
  const Fd folder(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (const char* path : {"/usr/lib/b", "usr/lib/b", "/lib/b", "/bin/a", "/usr/bin/c", "/../../usr/lib/b",
                           "/bin/../../lib/b", "//usr//lib/b", "/./usr/lib/./b", "/etc/far"}) {
    const auto file = open_file(path, root);
    ASSERT_TRUE(file) << path << ": " << file.error().detail;
    EXPECT_EQ(first_line(file->fd.get()), "b\n") << path;
    const Fd by_steps(open_below(folder.get(), path, O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(first_line(by_steps.get()), "b\n") << path;
  }
  const std::vector<std::pair<std::string, int>> refused = {
      {"/bin/out", ENOENT},      {"/bin/dead", ENOENT},    {"/bin/loop", ELOOP}, {"/../outside", ENOENT},
      {"/usr/lib/b/x", ENOTDIR}, {"/usr/lib/b/", ENOTDIR}, {"/none/b", ENOENT},  {"", ENOENT}};
  for (const auto& [path, errnum] : refused) {
    const auto file = open_file(path, root);
    ASSERT_FALSE(file) << path;
    EXPECT_EQ(file.error().errnum, errnum) << path;
    errno = 0;
    const Fd by_steps(open_below(folder.get(), path, O_RDONLY | O_CLOEXEC));
    EXPECT_FALSE(by_steps) << path;
    EXPECT_EQ(errno, errnum) << path;
  }
  EXPECT_EQ(open_file("/x", workshop_.path("nowhere")).error().fault, Fault::kNoFile);
  EXPECT_EQ(open_file("/", root).error().detail, "is a folder");
}

// What was opened stays what it is.
TEST_F(Open, ReplacedMeanwhile) {
  const auto file = open_file(workshop_.path("outside"));
  ASSERT_TRUE(file);
  ASSERT_TRUE(workshop_.run("echo other > new && mv new outside"));
  EXPECT_EQ(first_line(file->fd.get()), "secret\n");
  EXPECT_NE(open_file(workshop_.path("outside"))->inode, file->inode);
}

}  // namespace
}  // namespace tripline::binary
