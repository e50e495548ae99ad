// SPDX-License-Identifier: Apache-2.0
#include "agent/workloads.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tripline {

Result<void> Workloads::put(std::shared_ptr<const Pod> pod, const Container& container,
                            std::span<const uint64_t> cgroups) {
  if (container.id.empty()) return fail("know container", container.name, EINVAL, "it has no id");
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[container.id];
  entry.pod = std::move(pod);
  entry.container = container;
  for (const uint64_t cgroup : cgroups) {
    const auto [owner, is_new] = owners_.try_emplace(cgroup, container.id);
    if (!is_new && owner->second == container.id) continue;
    if (!is_new) std::erase(entries_[owner->second].cgroups, cgroup);
    owner->second = container.id;
    entry.cgroups.insert(std::ranges::upper_bound(entry.cgroups, cgroup), cgroup);
  }
  return {};
}

bool Workloads::remove(std::string_view container_id) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(container_id);
  if (entry == entries_.end()) return false;
  for (const uint64_t cgroup : entry->second.cgroups) owners_.erase(cgroup);
  entries_.erase(entry);
  return true;
}

size_t Workloads::change(const std::shared_ptr<const Pod>& pod) {
  const std::lock_guard lock(mutex_);
  size_t count = 0;
  for (auto& [id, entry] : entries_) {
    if (entry.pod->uid != pod->uid) continue;
    entry.pod = pod;
    ++count;
  }
  return count;
}

std::vector<Workloads::Listed> Workloads::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Listed> out;
  for (const auto& [id, entry] : entries_) out.push_back({entry.pod, entry.container, entry.cgroups});
  return out;
}

size_t Workloads::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace tripline
