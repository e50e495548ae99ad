// SPDX-License-Identifier: Apache-2.0
#include "filter/pid_set.h"

#include <functional>

#include "tetragon/events.pb.h"

namespace tripline {
namespace {

size_t image_of(const SeenProcess& process) { return std::hash<std::string_view>()(process.exec_id); }

}  // namespace

bool PidSet::learn(const Subject& subject) {
  if (!subject.process) return false;
  const SeenProcess& process = *subject.process;
  if (roots_.contains(process.pid)) return true;
  if (!knows(process)) {
    const bool below = subject.parent &&
                       (roots_.contains(subject.parent->pid) || descendants_.contains(subject.parent->pid));
    if (!below) return false;
    add(process.pid, image_of(process));
  }
  Descendant& descendant = descendants_[process.pid];
  descendant.image = image_of(process);
  // Ended ones stay: their children may not have been seen yet.
  if (subject.type == tetragon::PROCESS_EXIT) descendant.ended = true;
  return true;
}

bool PidSet::knows(const SeenProcess& process) {
  const auto found = descendants_.find(process.pid);
  if (found == descendants_.end()) return false;
  if (!found->second.ended || found->second.image == image_of(process)) return true;
  descendants_.erase(found);
  return false;
}

void PidSet::add(uint32_t pid, size_t image) {
  descendants_[pid] = {.image = image, .age = ++age_};
  order_.push_back({pid, age_});
  while (order_.size() > kMost) {
    const auto oldest = descendants_.find(order_.front().pid);
    if (oldest != descendants_.end() && oldest->second.age == order_.front().age) descendants_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace tripline
