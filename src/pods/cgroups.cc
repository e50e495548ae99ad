// SPDX-License-Identifier: Apache-2.0
#include "pods/cgroups.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "pods/container_id.h"

namespace tripline {
namespace {

constexpr int kDepth = 64;  // of directories

struct Folder {
  std::string path;
  std::string name;
};

std::vector<Folder> folders_in(const std::string& path) {
  std::vector<Folder> out;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  if (!folder) return out;
  while (const dirent* item = readdir(folder.get())) {
    const std::string_view name = item->d_name;
    if (item->d_type != DT_DIR || name == "." || name == "..") continue;
    out.push_back({path + "/" + std::string(name), std::string(name)});
  }
  return out;
}

// The first directory below `path` that is wanted, nearer ones first. Nothing below those that are closed is.
std::optional<std::string> walk(
    const std::string& path, const std::function<bool(const Folder&)>& is_wanted,
    const std::function<bool(const Folder&)>& is_closed = [](const Folder&) { return false; }) {
  std::vector<std::string> level{path};
  for (int depth = 0; depth < kDepth && !level.empty(); ++depth) {
    std::vector<std::string> below;
    for (const std::string& each : level) {
      for (Folder& folder : folders_in(each)) {
        if (is_wanted(folder)) return std::move(folder.path);
        if (!is_closed(folder)) below.push_back(std::move(folder.path));
      }
    }
    level = std::move(below);
  }
  return std::nullopt;
}

std::optional<uint64_t> number_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  return status.st_ino;
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// Of a container of a pod: whoever is in it can make any directory below.
bool is_in_pod(const Folder& folder) {
  return !container_in_name(folder.name).empty() && !pod_in_path(folder.path).empty();
}

// Is it a container's? What watches a container has its id in its name, too.
bool is_of_container(const Folder& folder, std::string_view id) {
  return folder.name.contains(id) && !folder.name.contains("-conmon-");
}

}  // namespace

Result<ContainerCgroups> Cgroups::find(std::string_view pod_uid, std::string_view container_id) {
  if (container_id.size() < kShownContainerId || pod_uid.empty())
    return fail("find cgroup of container", std::string(container_id), EINVAL, "ids are longer");
  std::string systemd_uid(pod_uid);
  std::ranges::replace(systemd_uid, '-', '_');
  const auto is_pod = [&](const Folder& folder) {
    return folder.name.contains(pod_uid) || folder.name.contains(systemd_uid);
  };
  const auto is_container = [&](const Folder& folder) { return is_of_container(folder, container_id); };
  const auto with_all_below = [this](const std::string& path) { return at(path.substr(root_.size())); };
  const auto in_pod = [&](const std::string& pod) -> std::optional<std::string> {
    std::vector<Folder> folders = folders_in(pod);
    const auto found = std::ranges::find_if(folders, is_container);
    return found == folders.end() ? std::nullopt : std::optional(std::move(found->path));
  };
  // Not to walk the whole tree for every pod.
  for (const std::string& parent : parents_) {
    for (const Folder& folder : folders_in(parent)) {
      if (!is_pod(folder)) continue;
      if (const auto path = in_pod(folder.path)) return with_all_below(*path);
    }
  }
  // containerd can have the uid and the id in one name.
  const auto pod = walk(root_, is_pod, is_in_pod);
  if (pod) {
    parents_.insert(parent_of(*pod));
    if (const auto path = in_pod(*pod)) return with_all_below(*path);
  }
  // It may be where no pod is named; one that is another pod's is none of this one, whatever its status says.
  const auto is_of_nobody_else = [&](const Folder& folder) {
    const std::string named = pod_in_path(folder.path.substr(root_.size()));
    return is_container(folder) && (named.empty() || named == pod_uid);
  };
  if (const auto path = walk(root_, is_of_nobody_else, is_in_pod)) return with_all_below(*path);
  return fail("find cgroup of container", std::string(container_id), ENOENT);
}

Result<ContainerCgroups> Cgroups::at(const std::string& path) const {
  ContainerCgroups out{.path = root_ + (path.starts_with('/') ? "" : "/") + path, .ids = {}};
  const auto own = number_of(out.path);
  if (!own) return fail("find cgroup", out.path, ENOENT);
  out.ids.push_back(*own);
  (void)walk(out.path, [&out](const Folder& folder) {
    if (const auto number = number_of(folder.path)) out.ids.push_back(*number);
    return false;
  });
  return out;
}

bool Cgroups::is_there(const ContainerCgroups& found) {
  const auto number = number_of(found.path);
  return number && *number == found.ids.front();
}

}  // namespace tripline
