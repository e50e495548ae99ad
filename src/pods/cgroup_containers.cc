// SPDX-License-Identifier: Apache-2.0
#include "pods/cgroup_containers.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "pods/container_id.h"

namespace tripline {

CgroupContainers::CgroupContainers(const std::string& root)
    : root_(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

const std::string& CgroupContainers::container_of(uint64_t cgroup) {
  constexpr size_t kMost = 4096;
  const auto known = known_.find(cgroup);
  if (known != known_.end()) return known->second;
  if (known_.size() >= kMost) known_.clear();
  return known_.emplace(cgroup, container_in_path(path_of(cgroup))).first->second;
}

std::string CgroupContainers::path_of(uint64_t cgroup) const {
  constexpr int kHandleType = 0xfe;  // FILEID_KERNFS
  alignas(file_handle) std::array<char, sizeof(file_handle) + sizeof(cgroup)> bytes{};
  auto* handle = reinterpret_cast<file_handle*>(bytes.data());
  handle->handle_bytes = sizeof(cgroup);
  handle->handle_type = kHandleType;
  std::memcpy(handle->f_handle, &cgroup, sizeof(cgroup));
  const Fd folder(open_by_handle_at(root_.get(), handle, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return {};
  std::array<char, 4096> path;
  const std::string link = "/proc/self/fd/" + std::to_string(folder.get());
  const ssize_t size = readlink(link.c_str(), path.data(), path.size());
  return size < 0 ? std::string() : std::string(path.data(), static_cast<size_t>(size));
}

}  // namespace tripline
