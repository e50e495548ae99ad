// SPDX-License-Identifier: Apache-2.0
#include "event/loaded.h"

#include <utility>

namespace tripline {

bool LoadedFiles::add(uint32_t tgid, std::string_view path) {
  if (const auto process = places_.find(tgid); process != places_.end()) {
    if (const auto known = process->second.find(path); known != process->second.end()) {
      order_.splice(order_.end(), order_, known->second);
      return false;
    }
  }
  const Place added = order_.insert(order_.end(), {tgid, std::string(path)});
  places_[tgid].emplace(added->path, added);
  if (order_.size() <= capacity_) return true;
  const Pair& oldest = order_.front();
  const auto process = places_.find(oldest.tgid);
  process->second.erase(oldest.path);
  if (process->second.empty()) places_.erase(process);
  order_.pop_front();
  return true;
}

void LoadedFiles::forget(uint32_t tgid) {
  const auto process = places_.find(tgid);
  if (process == places_.end()) return;
  const auto places = std::move(process->second);
  places_.erase(process);
  for (const auto& [path, place] : places) order_.erase(place);
}

}  // namespace tripline
