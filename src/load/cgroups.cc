// SPDX-License-Identifier: Apache-2.0
#include "load/cgroups.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/fd.h"

namespace tripline {
namespace {

constexpr int kKernfsHandle = 0xfe;  // FILEID_KERNFS
constexpr size_t kDeepest = 64;      // cgroups inside one another that are looked for

bool is_mounted(const std::string& path, long type) {
  struct statfs facts{};
  return statfs(path.c_str(), &facts) == 0 && facts.f_type == type;
}

struct Controller {
  uint32_t position = 0;
  uint32_t hierarchy = 0;
};

// Of the lines NAME HIERARCHY CGROUPS ENABLED.
std::optional<Controller> find_controller(const std::string& procfs, std::string_view wanted) {
  std::ifstream file(procfs + "/cgroups");
  uint32_t position = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    std::string name;
    uint32_t hierarchy = 0;
    fields >> name >> hierarchy;
    if (name == wanted) return Controller{position, hierarchy};
    ++position;
  }
  return std::nullopt;
}

Fd open_cgroup(const std::string& mount, uint64_t cgroup) {
  const Fd root(open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return {};
  alignas(file_handle) std::array<char, sizeof(file_handle) + sizeof(cgroup)> memory{};
  auto* handle = reinterpret_cast<file_handle*>(memory.data());
  handle->handle_bytes = sizeof(cgroup);
  handle->handle_type = kKernfsHandle;
  std::memcpy(handle->f_handle, &cgroup, sizeof(cgroup));
  return Fd(open_by_handle_at(root.get(), handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

void add_inside(Fd folder, size_t depth, std::vector<uint64_t>& out) {
  const int fd = folder.release();
  const std::unique_ptr<DIR, decltype(&closedir)> list(fdopendir(fd), closedir);
  if (!list) {
    const Fd closed(fd);
    return;
  }
  while (const dirent* entry = readdir(list.get())) {
    const std::string_view name = entry->d_name;
    if (entry->d_type != DT_DIR || name == "." || name == "..") continue;
    Fd inner(openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    struct stat facts{};
    if (!inner || fstat(inner.get(), &facts) != 0) continue;  // it is gone
    out.push_back(facts.st_ino);
    if (depth < kDeepest) add_inside(std::move(inner), depth + 1, out);
  }
}

}  // namespace

CgroupHierarchy find_cgroup_hierarchy(const std::string& procfs) {
  CgroupHierarchy out;
  const std::string place = procfs + "/1/root" + out.mount;
  out.mount = place;
  if (is_mounted(place, CGROUP2_SUPER_MAGIC)) return out;
  for (const char* name : {"memory", "pids", "cpuset"}) {
    const auto controller = find_controller(procfs, name);
    const std::string mount = place + "/" + name;
    if (!controller || controller->hierarchy == 0 || !is_mounted(mount, CGROUP_SUPER_MAGIC)) continue;
    return {controller->hierarchy, controller->position, mount};
  }
  return out;
}

std::vector<uint64_t> cgroups_inside(const CgroupHierarchy& hierarchy, uint64_t cgroup) {
  std::vector<uint64_t> out;
  if (Fd folder = open_cgroup(hierarchy.mount, cgroup)) add_inside(std::move(folder), 1, out);
  return out;
}

}  // namespace tripline
