// SPDX-License-Identifier: Apache-2.0
#include "load/procfs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "abi/maps.h"

namespace tripline {
namespace {

namespace fs = std::filesystem;

// A folder that looks like /proc.
class Procfs : public testing::Test {
 protected:
  Procfs() {
    std::string name = testing::TempDir() + "procfs-XXXXXX";
    root_ = mkdtemp(name.data());
  }
  ~Procfs() override { fs::remove_all(root_); }

  void write(const fs::path& file, std::string_view text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file, std::ios::binary) << text;
  }
  void link(const fs::path& file, const std::string& target) {
    fs::create_directories((root_ / file).parent_path());
    fs::create_symlink(target, root_ / file);
  }
  void stat(int pid, const std::string& name, char state = 'S', unsigned flags = 0x400000, int threads = 1) {
    write(fs::path(std::to_string(pid)) / "stat",
          std::to_string(pid) + " (" + name + ") " + state + " 7 1 1 0 -1 " + std::to_string(flags) +
              " 0 0 0 0 0 0 0 0 20 0 " + std::to_string(threads) + " 0 1234 0 0\n");
  }
  void status(int pid, const std::string& more = "") {
    write(fs::path(std::to_string(pid)) / "status", "Name:\tx\n" + more);
  }

  fs::path root_;
};

TEST_F(Procfs, ReadsAProcess) {
  stat(42, "a) (b");
  status(42,
         "Uid:\t1000\t0\t1001\t1002\nGid:\t5\t6\t7\t8\nNSpid:\t42\t9\t3\nCapInh:\t0000000000000001\n"
         "CapPrm:\t000001ffffffffff\nCapEff:\t0000000000000400\n");
  write("42/cmdline", std::string("prog\0one\0", 9));
  write("42/loginuid", "1000");
  write("42/cgroup", "0::/init.scope\n");
  link("42/exe", "/usr/bin/prog (deleted)");
  link("42/cwd", "/home");
  for (const char* name : {"uts", "ipc", "mnt", "pid", "pid_for_children", "net", "cgroup", "user"}) {
    link(fs::path("42/ns") / name, std::string(name) + ":[" + std::to_string(4000000000U + name[0]) + "]");
  }
  const auto found = scan_processes(root_);
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->size(), 1U);
  const ProcfsEntry& entry = found->front();
  EXPECT_EQ(entry.pid, 42U);
  EXPECT_EQ(entry.parent, 7U);
  EXPECT_EQ(entry.start, 1234 * (1'000'000'000ULL / static_cast<uint64_t>(sysconf(_SC_CLK_TCK))));
  EXPECT_EQ(entry.pid_in_ns, 3U);
  EXPECT_EQ(entry.ns_level, 2U);
  EXPECT_EQ(entry.auid, 1000U);
  EXPECT_EQ(entry.cred.uid, 1000U);
  EXPECT_EQ(entry.cred.euid, 0U);
  EXPECT_EQ(entry.cred.suid, 1001U);
  EXPECT_EQ(entry.cred.fsuid, 1002U);
  EXPECT_EQ(entry.cred.egid, 6U);
  EXPECT_EQ(entry.cred.inheritable, 1U);
  EXPECT_EQ(entry.cred.permitted, 0x1ffffffffffU);
  EXPECT_EQ(entry.cred.effective, 0x400U);
  EXPECT_EQ(entry.ns.mnt, 4000000000U + 'm');
  EXPECT_EQ(entry.ns.time, 0U);
  EXPECT_EQ(entry.exe, "/usr/bin/prog (deleted)");
  EXPECT_EQ(entry.cwd, "/home");
  EXPECT_EQ(entry.cgroups, "0::/init.scope\n");
  EXPECT_EQ(entry.argv, std::string("prog\0one\0", 9));
  EXPECT_EQ(entry.kernel_thread, "");
}

// Arguments are as long as a process says; /proc then gives NULs for memory that was never touched.
TEST_F(Procfs, KeepsSomeOfWhatHasNoBounds) {
  for (const int pid : {42, 43, 44}) {
    stat(pid, "x");
    status(pid);
    write(fs::path(std::to_string(pid)) / "environ", std::string(size_t{200} << 10, 'e'));
  }
  write("42/cmdline", std::string(TL_ARGS_MAX, 'a'));
  write("43/cmdline", std::string(TL_ARGS_MAX + 1, 'a'));
  write("44/cmdline", std::string(size_t{3} << 20, 'a'));
  auto found = scan_processes(root_);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 3U);
  for (const ProcfsEntry& entry : *found) {
    EXPECT_EQ(entry.argv.size(), size_t{TL_ARGS_MAX});
    EXPECT_EQ(entry.argv_cut, entry.pid != 42);
    EXPECT_EQ(entry.environment, "");
  }
  found = scan_processes(root_, {.environment = true});
  EXPECT_EQ(found->front().environment.size(), size_t{TL_ENVIRONMENT_MAX});
  EXPECT_TRUE(found->front().environment_cut);
  found = scan_processes(root_, {.environment = true, .texts = TL_ARGS_MAX});
  size_t texts = 0;
  for (const ProcfsEntry& entry : *found) texts += entry.argv.size() + entry.environment.size();
  EXPECT_LE(texts, size_t{TL_ARGS_MAX + 2048});
  EXPECT_EQ(std::ranges::count(*found, 1024U, [](const ProcfsEntry& entry) { return entry.argv.size(); }), 2);
}

TEST_F(Procfs, KnowsKernelThreads) {
  stat(9, "kworker/0:1-events", 'I', 0x208040);
  status(9);
  const auto found = scan_processes(root_);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().kernel_thread, "kworker/0:1-events");
}

TEST_F(Procfs, LeavesOutWhatIsNotOrNoLonger) {
  write("self/stat", "x");
  write("12x/stat", "12x (x) S 1");
  stat(1, "gone before its status was read");
  status(2);
  stat(3, "zombie", 'Z');
  status(3);
  stat(4, "first thread ended", 'Z', 0, 3);
  status(4);
  write("5/stat", "5 (cut off) S 1 2");
  status(5);
  write("6/stat", "no parentheses");
  status(6);
  stat(7, "whole");
  status(7);
  const auto found = scan_processes(root_);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].pid, 4U);
  EXPECT_EQ((*found)[1].pid, 7U);
}

TEST_F(Procfs, RefusesAFolderThatIsNotThere) {
  const auto found = scan_processes(root_ / "missing");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().errnum, ENOENT);
}

TEST(ScanProcesses, FindsThisProcess) {
  const auto found = scan_processes();
  ASSERT_TRUE(found);
  const auto self = std::ranges::find(*found, static_cast<uint32_t>(getpid()), &ProcfsEntry::pid);
  ASSERT_NE(self, found->end());
  EXPECT_EQ(self->parent, static_cast<uint32_t>(getppid()));
  EXPECT_EQ(self->exe, fs::read_symlink("/proc/self/exe").string());
  EXPECT_EQ(self->cwd, fs::current_path().string());
  EXPECT_NE(self->ns.mnt, 0U);
  EXPECT_EQ(self->ns.mnt, read_namespaces(static_cast<uint32_t>(getpid())).mnt);
}

TEST(ScanProcesses, DoesNotMindProcessesThatGo) {
  const pid_t forker = fork();
  if (forker == 0) {
    for (;;) {
      const pid_t child = fork();
      if (child == 0) _exit(0);
      waitpid(child, nullptr, 0);
    }
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(scan_processes());
  kill(forker, SIGKILL);
  waitpid(forker, nullptr, 0);
}

TEST_F(Procfs, ReadsSymbolsAndMaps) {
  write("kallsyms", "0 T a\n");
  write("42/maps", "x\n");
  write("43/maps", std::string(size_t{5} << 20, 'x'));
  EXPECT_EQ(read_kernel_symbols(root_), "0 T a\n");
  EXPECT_EQ(read_maps(42, root_), "x\n");
  EXPECT_EQ(read_maps(43, root_).size(), size_t{4} << 20);
  EXPECT_EQ(read_maps(44, root_), "");
  EXPECT_EQ(read_kernel_symbols(root_ / "42"), "");
}

TEST_F(Procfs, ReadsAMappedFile) {
  write("file", "0123456789");
  link("42/map_files/400000-401000", root_ / "file");
  link("42/map_files/7f0000001000-7f0000002000", root_);
  const auto mapped = [&](uint64_t offset, size_t size) {
    return read_mapped_file(42, 0x400000, 0x401000, offset, size, root_);
  };
  EXPECT_EQ(mapped(0, 4), "0123");
  EXPECT_EQ(mapped(8, 100), "89");
  EXPECT_EQ(mapped(10, 1), "");
  EXPECT_EQ(mapped(~uint64_t{0}, 1), "");
  EXPECT_EQ(read_mapped_file(42, 0x400000, 0x402000, 0, 4, root_), "");
  EXPECT_EQ(read_mapped_file(42, 0x7f0000001000, 0x7f0000002000, 0, 4, root_), "");
}

// By its path as the process sees it, and when the process is gone as we do; another file than the one that was mapped
// is none.
TEST_F(Procfs, OpensAMappedFileByItsPath) {
  write("42/root/lib/a", "0123456789");
  write("43/root/lib/a", "another one");
  struct stat status{};
  ASSERT_EQ(::stat((root_ / "42/root/lib/a").c_str(), &status), 0);
  const auto start = [&](uint32_t pid, std::string_view path, uint64_t inode, uint64_t bytes) {
    return open_mapped_file(pid, path, inode, bytes, root_)(0, 4);
  };
  EXPECT_EQ(start(42, "/lib/a", status.st_ino, 10), "0123");
  EXPECT_EQ(start(42, "/lib/a", status.st_ino + 1, 10), "");
  EXPECT_EQ(start(42, "/lib/a", status.st_ino, 11), "");
  EXPECT_EQ(start(43, "/lib/a", status.st_ino, 10), "");
  const std::string ours = root_ / "42/root/lib/a";
  EXPECT_EQ(start(44, ours, status.st_ino, 10), "0123");
  EXPECT_EQ(start(42, "lib/a", status.st_ino, 10), "");
}

TEST_F(Procfs, FindsVariablesOfTheKernel) {
  write("kallsyms",
        "ffffffff81000000 T my_vmemmap_base\nffffffff82a0c5e8 D vmemmap_base\nffffffff82a0c5f0 D "
        "page_offset_base\n");
  const std::vector<std::string_view> names = {"page_offset_base", "vmemmap_base", "none"};
  EXPECT_EQ(find_kernel_variables(names, root_),
            (std::vector<uint64_t>{0xffffffff82a0c5f0, 0xffffffff82a0c5e8, 0}));
  EXPECT_EQ(find_kernel_variables(names, root_ / "42"), (std::vector<uint64_t>{0, 0, 0}));
}

}  // namespace
}  // namespace tripline
