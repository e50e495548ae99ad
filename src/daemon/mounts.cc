// SPDX-License-Identifier: Apache-2.0
#include "daemon/mounts.h"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace tripline {
namespace {

struct Mount {
  std::string path;
  const char* type;
  decltype(statfs::f_type) magic;
};

bool is_mounted(const Mount& mount) {
  struct statfs found{};
  return statfs(mount.path.c_str(), &found) == 0 && found.f_type == mount.magic;
}

}  // namespace

std::vector<Error> mount_missing(const std::string& run_folder) {
  const std::array mounts = {Mount{"/sys/fs/bpf", "bpf", BPF_FS_MAGIC},
                             Mount{"/sys/kernel/tracing", "tracefs", TRACEFS_MAGIC},
                             Mount{run_folder + "/cgroup2", "cgroup2", CGROUP2_SUPER_MAGIC}};
  std::vector<Error> out;
  for (const Mount& each : mounts) {
    if (is_mounted(each)) continue;
    mkdir(each.path.c_str(), 0755);
    if (mount(each.type, each.path.c_str(), each.type, 0, nullptr) != 0)
      out.push_back({"mount", each.path, errno, {}});
  }
  return out;
}

Result<void> make_bpf_folder(const std::string& folder, Left left) {
  std::error_code problem;
  if (std::filesystem::exists(folder, problem)) {
    if (left == Left::kRemove) {
      remove_bpf_folder(folder);
    } else {
      remove_bpf_folder(folder + "_old");
      std::filesystem::rename(folder, folder + "_old", problem);
      if (problem) return fail("rename", folder, problem.value());
    }
  }
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail("make", folder, errno);
  return {};
}

void remove_bpf_folder(const std::string& folder) {
  std::error_code problem;
  std::filesystem::remove_all(folder, problem);
}

}  // namespace tripline
