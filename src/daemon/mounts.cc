// SPDX-License-Identifier: Apache-2.0
#include "daemon/mounts.h"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace tripline {
namespace {

// Names that the agent gives (src/agent/left_behind.cc, src/load/host.cc).
constexpr const char* kManifest = "manifest";
constexpr std::string_view kMaps = "tl_";

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

namespace {

namespace fs = std::filesystem;

// Names of programs are never the same. Those of maps and manifests are, and then the newer ones count: the manifest is
// moved last, so that what it names is there before. Maps without a manifest belong to nothing.
Result<void> move_contents(const fs::path& from, const fs::path& to) {
  std::error_code problem;
  std::vector<fs::path> entries;
  for (fs::directory_iterator at(from, problem), end; !problem && at != end; at.increment(problem))
    entries.push_back(at->path());
  std::ranges::sort(entries, [](const fs::path& a, const fs::path& b) {
    const auto order = [](const fs::path& path) { return std::pair(path.filename() == kManifest, path); };
    return order(a) < order(b);
  });
  const bool with_maps = fs::exists(from / kManifest, problem);
  for (const fs::path& entry : entries) {
    const fs::path place = to / entry.filename();
    if (fs::is_directory(entry, problem)) {
      fs::create_directory(place, problem);
      if (auto moved = move_contents(entry, place); !moved) return moved;
    } else if (!with_maps && entry.filename().native().starts_with(kMaps)) {
      unlink(entry.c_str());
    } else if (rename(entry.c_str(), place.c_str()) != 0) {
      return fail("rename", entry, errno);
    }
  }
  rmdir(from.c_str());
  return {};
}

}  // namespace

Result<bool> make_bpf_folder(const std::string& folder, const std::string& base) {
  const std::string old = folder + "_old";
  std::error_code problem;
  const bool has_folder = fs::exists(folder, problem);
  const bool has_old = fs::exists(old, problem);
  if (has_folder && has_old) {
    if (const auto moved = move_contents(folder, old); !moved) return std::unexpected(moved.error());
  } else if (has_folder && rename(folder.c_str(), old.c_str()) != 0) {
    return fail("rename", folder, errno);
  }
  for (const std::string& each : {folder, base})
    if (mkdir(each.c_str(), 0700) != 0 && errno != EEXIST) return fail("make", each, errno);
  return has_folder || has_old;
}

void remove_bpf_folder(const std::string& folder) {
  std::error_code problem;
  fs::remove_all(folder, problem);
}

void put_back_bpf_folder(const std::string& folder) {
  remove_bpf_folder(folder);
  (void)rename((folder + "_old").c_str(), folder.c_str());
}

}  // namespace tripline
