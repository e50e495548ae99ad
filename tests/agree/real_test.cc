// SPDX-License-Identifier: Apache-2.0
// Real files: open ones of this process, whose struct file the program under test is given. What their paths are is
// asked of the kernel itself (/proc/self/fd). The process gives itself a mount namespace, builds small trees of files in
// a tmpfs there and goes into them with chroot, so that walks end at its root; nothing of it is seen outside.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "agree/this_kernel.h"
#include "agree/trial.h"
#include "base/fd.h"
#include "kernel/kernel.h"

namespace tripline::agree {
namespace {

using oracle::Random;
using namespace std::string_literals;

const std::string kPlace = "/mnt";  // where the tmpfs is, in our mount namespace only
constexpr std::string_view kDeleted = " (deleted)";

const oracle::Shape kShape{
    "file_check_and_advance_wb_err", Attachment::kTracingRaw, {ArgType::kFile, ArgType::kInt32}};

class AgreeReal : public OnThisKernel {
 protected:
  static void SetUpTestSuite() {
    OnThisKernel::SetUpTestSuite();
    if (HasFatalFailure()) return;
    ASSERT_EQ(unshare(CLONE_NEWNS), 0) << std::strerror(errno);
    ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
    ASSERT_EQ(mount("none", kPlace.c_str(), "tmpfs", 0, nullptr), 0) << std::strerror(errno);
    links = Fd(open("/proc/self/fd", O_RDONLY | O_DIRECTORY));
    outside = Fd(open("/", O_RDONLY | O_DIRECTORY));
    ASSERT_TRUE(links && outside);
  }
  void TearDown() override { leave(); }

  static bool enter(const std::string& root) { return chroot(root.c_str()) == 0 && chdir("/") == 0; }
  static void leave() { ASSERT_TRUE(fchdir(outside.get()) == 0 && chroot(".") == 0) << std::strerror(errno); }

  // What an event says of an open file: the kernel's own view of it.
  static oracle::File seen(int fd) {
    oracle::File out;
    struct stat status = {};
    if (fstat(fd, &status) == 0) out.mode = static_cast<uint16_t>(status.st_mode);
    std::array<char, 8192> text;
    const ssize_t size = readlinkat(links.get(), std::to_string(fd).c_str(), text.data(), text.size());
    if (size < 0) {
      out.unresolved = true;
      return out;
    }
    out.path.assign(text.data(), static_cast<size_t>(size));
    // Objects without a name are shown as "pipe:[1234]", memory files as "/memfd:NAME (deleted)".
    if (!out.path.starts_with('/') || out.path.starts_with("/memfd:")) out.path.clear();
    return out;
  }

  static std::string call(Trial& trial, int fd, int32_t number) {
    const Result<uint64_t> address = memory->open_file(fd);
    if (!address || *address == 0) return "the file's address is not known";
    const uint64_t arguments[] = {*address, static_cast<uint32_t>(number)};
    return trial.call({seen(fd), static_cast<int64_t>(arguments[1])}, arguments);
  }

  static inline Fd links;    // /proc/self/fd
  static inline Fd outside;  // the root before any chroot
};

// A tree of files in a directory, each open.
class World {
 public:
  World(Random& random, std::string root) : random_(random), root_(std::move(root)) {
    mkdir(root_.c_str(), 0755);
  }
  ~World() {
    for (auto it = mounts_.rbegin(); it != mounts_.rend(); ++it) umount2(it->c_str(), MNT_DETACH);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Makes what is at `path` seen from the root, and opens it. `all` are the paths that are made, this one included.
  void add(const std::string& path, const std::vector<std::string>& all) {
    if (path.ends_with(kDeleted) && random_.chance(70)) {
      const std::string whole = path.substr(0, path.size() - kDeleted.size());
      if (whole.size() > 1 && !whole.ends_with('/') && is_free(whole, all)) {
        make(whole, random_.chance(20));
        open_file(whole);
        const std::string place = root_ + whole;
        if (unlink(place.c_str()) != 0) rmdir(place.c_str());
        return;
      }
    }
    if (path != "/") make(path, !is_leaf(path, all));
    if (path != "/" && random_.chance(10)) mount_over(path, is_leaf(path, all));
    open_file(path);
  }

  // Files whose paths no name alone decides.
  void add_odd() {
    make("/m", /*directory=*/true);
    const std::string place = root_ + "/m";
    if (mount("none", place.c_str(), "tmpfs", 0, nullptr) != 0) return;
    make("/m/zz", /*directory=*/false);
    open_file("/m/zz");
    umount2(place.c_str(), MNT_DETACH);  // shown from the root of its mount
    make("/gone", /*directory=*/true);
    make("/gone/x", /*directory=*/false);
    open_file("/gone");
    open_file("/gone/x");
    unlink((root_ + "/gone/x").c_str());
    rmdir((root_ + "/gone").c_str());
    std::array<int, 2> pair = {};
    if (pipe(pair.data()) == 0) keep(pair);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) == 0) keep(pair);
    files_.emplace_back(memfd_create("tetragon", 0));
    files_.emplace_back(eventfd(0, 0));
    files_.emplace_back(epoll_create1(0));
  }

  [[nodiscard]] const std::vector<Fd>& files() const { return files_; }
  [[nodiscard]] const std::string& root() const { return root_; }

 private:
  void keep(const std::array<int, 2>& pair) {
    for (const int fd : pair) files_.emplace_back(fd);
  }

  static bool is_leaf(const std::string& path, const std::vector<std::string>& all) {
    return std::ranges::none_of(all, [&](const std::string& other) { return other.starts_with(path + '/'); });
  }
  static bool is_free(const std::string& path, const std::vector<std::string>& all) {
    return is_leaf(path, all) && std::ranges::find(all, path) == all.end();
  }

  void make(const std::string& path, bool directory) const {
    const std::string place = root_ + path;
    for (size_t at = place.find('/', root_.size() + 1); at != std::string::npos;
         at = place.find('/', at + 1)) {
      mkdir(place.substr(0, at).c_str(), 0755);
    }
    if (directory) {
      mkdir(place.c_str(), 01755);
    } else {
      mknod(place.c_str(), random_.chance(10) ? S_IFIFO | 0600 : S_IFREG | 0640, 0);
    }
  }

  // What is mounted on it has another name.
  void mount_over(const std::string& path, bool leaf) {
    const std::string place = root_ + path;
    struct stat status = {};
    if (stat(place.c_str(), &status) != 0) return;
    const bool directory = S_ISDIR(status.st_mode);
    const std::string source = root_ + (directory ? "/other directory" : "/other file");
    if (directory) {
      mkdir(source.c_str(), 0700);
    } else {
      mknod(source.c_str(), S_IFREG | 0400, 0);
    }
    // What is in a directory would be hidden.
    if (directory && !leaf) return;
    if (mount(source.c_str(), place.c_str(), nullptr, MS_BIND, nullptr) == 0) mounts_.push_back(place);
  }

  void open_file(const std::string& path) {
    Fd fd(open((root_ + path).c_str(), O_RDONLY | O_NONBLOCK | (random_.chance(20) ? O_PATH : 0)));
    if (fd) files_.push_back(std::move(fd));
  }

  Random& random_;
  std::string root_;
  std::vector<Fd> files_;
  std::vector<std::string> mounts_;
};

std::vector<CheckedPolicy> random_policies(Random& random, const oracle::Pool& pool) {
  oracle::Size size = {.sections = 1, .selectors = 2, .filters = 2};
  size.sharp = random.chance(80);
  if (size.sharp) size.unfiltered = 0;
  const uint32_t count = random.chance(50) ? 1 : 3 + random.below(8);
  std::vector<CheckedPolicy> out;
  out.reserve(count);
  for (uint32_t i = 0; i < count; ++i) out.push_back(oracle::random_policy(random, kShape, pool, size));
  return out;
}

TEST_F(AgreeReal, Random) {
  const uint64_t first = first_seed();
  for (uint64_t seed = first; seed < first + cases(100); ++seed) {
    Random random(seed);
    oracle::Pool pool = oracle::random_pool(random, 800);
    World world(random, kPlace + "/w" + std::to_string(seed));
    for (const std::string& path : pool.paths) world.add(path, pool.paths);
    world.add_odd();
    ASSERT_GT(world.files().size(), 4u);
    for (const std::string odd : {"/zz", "/gone (deleted)", "/gone/x (deleted)"}) pool.paths.push_back(odd);
    const bool inside = random.chance(75);
    if (!inside) {
      for (std::string& path : pool.paths) path = path == "/" ? world.root() : path.insert(0, world.root());
    }
    Result<std::unique_ptr<Trial>> trial = Trial::create(random_policies(random, pool), kShape, *kernel);
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    ASSERT_TRUE(!inside || enter(world.root()));
    for (const Fd& file : world.files()) {
      for (int i = 0; i < 2; ++i) {
        const std::string wrong = call(**trial, file.get(), random.pick(pool.numbers));
        ASSERT_EQ(wrong, "") << "seed " << seed << '\n' << (*trial)->describe();
      }
    }
    leave();
    ASSERT_EQ((*trial)->counters(), "") << "seed " << seed << '\n' << (*trial)->describe();
  }
}

// Prefixes of one, two and three components, against every file of a small tree, from inside it.
TEST_F(AgreeReal, EveryPrefix) {
  std::vector<std::string> paths = {"/"};
  const std::string most = std::string(39, 'n');  // as long as a name inside a dentry can be
  for (const std::string& a : {"a"s, "b"s, "ab"s, "a b"s, "abcdefgh"s, "abcdefghi"s, most, most + "n"}) {
    const std::string above = "/" + a;
    paths.push_back(above);
    for (const std::string& b : {"a"s, "ab"s, "abcdefgh"s, "abcdefghi"s, most, most + "n"}) {
      paths.push_back(above);
      paths.back().append("/").append(b);
      paths.push_back(paths.back());
      paths.back().append("/a");
    }
  }
  std::vector<std::string> values = paths;
  for (const std::string& path : paths) values.push_back(path + "/");
  for (const std::string odd :
       {"", "a", "//", "/a//", "/a (deleted)", "/a/ab (del", "/ ", "/a/a/a/a/a/a/a/a/a/a", "/gone (deleted)",
        "/gone (d", "/gone/x (deleted)", "/gone/x (d", "/zz", "/z", "/m/zz"}) {
    values.push_back(odd);
  }
  Random random(1);
  World world(random, kPlace + "/every");
  for (const std::string& path : paths) world.add(path, paths);
  world.add_odd();
  for (size_t from = 0; from < values.size(); from += from % 3 == 0 ? 1 : 3) {
    std::vector<CheckedPolicy> policies;
    for (size_t i = from; i < std::min(from + 1 + from % 3 * 4, values.size()); ++i) {
      CheckedSelector selector;
      selector.filters = {
          PathFilter{.arg = 0, .op = PathFilter::Op::kPrefix, .values = {values[i]}, .span = {}}};
      selector.actions = {{}};
      CheckedPolicy& policy = policies.emplace_back();
      policy.source_name = policy.name = "p" + std::to_string(i);
      policy.hooks.push_back(oracle::plain_section(kShape, {selector}));
    }
    Result<std::unique_ptr<Trial>> trial = Trial::create(std::move(policies), kShape, *kernel);
    ASSERT_TRUE(trial) << trial.error().text();
    ASSERT_TRUE(enter(world.root()));
    for (const Fd& file : world.files()) ASSERT_EQ(call(**trial, file.get(), 0), "") << (*trial)->describe();
    leave();
    ASSERT_EQ((*trial)->counters(), "");
  }
}

// Files of the machine itself, files outside a chroot, the root of a chroot, a root that is gone.
TEST_F(AgreeReal, RootsOfProcesses) {
  std::vector<Fd> files;
  std::vector<std::string> values;
  for (const char* path : {"/", "/etc", "/etc/passwd", "/usr/bin/env", "/usr/lib", "/proc/version",
                           "/proc/self", "/dev/null", "/tmp", "/sys/kernel/btf/vmlinux"}) {
    values.emplace_back(path);
    Fd fd(open(path, O_RDONLY | O_PATH));
    if (fd) files.push_back(std::move(fd));
  }
  const std::string root = kPlace + "/root";
  mkdir(root.c_str(), 0755);
  files.emplace_back(open(root.c_str(), O_RDONLY | O_DIRECTORY));
  files.emplace_back(open((root + "/x").c_str(), O_RDWR | O_CREAT, 0600));
  for (const std::string value :
       {"/mnt", "/mnt/root", "/mnt/root/x", "/x", "/ (deleted)", "/mnt/root (deleted)"}) {
    values.push_back(value);
  }
  std::vector<CheckedPolicy> policies;
  for (const CheckedSelector& selector : oracle::single_filters({{.type = ArgType::kFile}}, values, {})) {
    CheckedPolicy& policy = policies.emplace_back();
    policy.source_name = policy.name = "p";
    policy.hooks.push_back(oracle::plain_section(kShape, {selector}));
  }
  Result<std::unique_ptr<Trial>> trial = Trial::create(std::move(policies), kShape, *kernel);
  ASSERT_TRUE(trial) << trial.error().text();
  for (const char* where : {"/", kPlace.c_str(), root.c_str()}) {
    ASSERT_TRUE(enter(where));
    for (const Fd& file : files) ASSERT_EQ(call(**trial, file.get(), 0), "") << where;
    leave();
  }
  ASSERT_TRUE(enter(root));
  {
    // The root itself disappears while a process is in it.
    const Fd parent(openat(outside.get(), kPlace.c_str() + 1, O_RDONLY | O_DIRECTORY));
    unlinkat(files.back().get(), "", 0);
    ASSERT_EQ(unlink("/x"), 0);
    ASSERT_EQ(unlinkat(parent.get(), "root", AT_REMOVEDIR), 0) << std::strerror(errno);
  }
  for (const Fd& file : files) EXPECT_EQ(call(**trial, file.get(), 0), "");
  leave();
}

}  // namespace
}  // namespace tripline::agree
