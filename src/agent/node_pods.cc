// SPDX-License-Identifier: Apache-2.0
#include "agent/node_pods.h"

#include <algorithm>
#include <utility>

namespace tripline {

NodePods::NodePods(NodePodsOptions options) : options_(std::move(options)), store_(options_.store) {}

NodePods::~NodePods() { stop(); }

void NodePods::start(Ends ends, std::string cgroups) {
  root_ = std::move(cgroups);
  finder_.emplace(root_);
  ends_ = std::move(ends);
  thread_ = std::thread([this] { work(); });
}

void NodePods::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ends_soon_ = true;
  }
  bell_.notify_one();
  thread_.join();
  for (auto& [id, lodger] : lodgers_)
    if (lodger.answer) std::exchange(lodger.answer, {})(std::unexpected("the agent is stopping"));
}

void NodePods::put(Pod pod) {
  const bool is_new = store_.pod(pod.uid) == nullptr;
  ++(is_new ? counts_.added : counts_.updated);
  restored_.erase(pod.uid);
  take_over(store_.put(std::move(pod)));
}

void NodePods::remove(const std::string& uid) {
  if (store_.pod(uid) == nullptr) return;
  ++counts_.removed;
  restored_.erase(uid);
  take_over(store_.remove(uid));
}

void NodePods::restore(std::vector<Pod> pods) {
  for (Pod& pod : pods) {
    restored_.insert(pod.uid);
    take_over(store_.put(std::move(pod)));
  }
}

void NodePods::synced() {
  for (const std::string& uid : std::exchange(restored_, {})) remove(uid);
}

bool NodePods::wait_until_looked(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return looked_bell_.wait_for(lock, time, [this] {
    return std::ranges::all_of(lodgers_, [](const auto& each) { return each.second.looked; });
  });
}

void NodePods::announce(StartingContainer starting, Answer answer) {
  if (starting.container.name.empty()) ++counts_.without_name;
  if (starting.container.image.empty()) ++counts_.without_image;
  const std::string id = starting.container.id;
  const std::string uid = starting.pod.uid;
  const bool is_known = store_.pod(uid) != nullptr;
  if (!is_known && (starting.pod.name.empty() || starting.pod.name_space.empty())) {
    ++counts_.refused;
    return answer(
        std::unexpected("the pod " + uid + " is unknown, and the request has no name and namespace for it"));
  }
  {
    const std::lock_guard lock(mutex_);
    if (ends_soon_) return answer(std::unexpected("the agent is stopping"));
  }
  ++counts_.announced;
  take_over(store_.announce(std::move(starting.pod), std::move(starting.container)), starting.cgroup);
  {
    const std::lock_guard lock(mutex_);
    const auto lodger = lodgers_.find(id);
    if (lodger == lodgers_.end()) {
      ++counts_.refused;
      return answer(std::unexpected("the container has ended"));
    }
    if (lodger->second.answer) lodger->second.answer(std::unexpected("the container was announced again"));
    lodger->second.answer = std::move(answer);
    lodger->second.due = Clock::now();
    if (!is_known && options_.is_followed) {
      lodger->second.waits_for = uid;
      lodger->second.patience_ends = Clock::now() + options_.patience;
    }
  }
  bell_.notify_one();
}

// What has changed of the pods is passed on. `cgroup` is that of a container which is new.
void NodePods::take_over(const PodChange& change, const std::string& cgroup) {
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& id : change.gone) {
      const auto lodger = lodgers_.find(id);
      if (lodger == lodgers_.end()) continue;
      if (lodger->second.found) ends_.remove(id);
      if (lodger->second.answer) lodger->second.answer(std::unexpected("the container has ended"));
      lodgers_.erase(lodger);
    }
    for (const Resident& resident : change.residents) {
      const auto [place, is_new] = lodgers_.try_emplace(resident.container.id);
      Lodger& lodger = place->second;
      lodger.pod = resident.pod;
      lodger.container = resident.container;
      if (is_new) lodger.cgroup = cgroup;
      if (is_new) lodger.due = Clock::now();
      if (lodger.found) ends_.put(lodger.pod, lodger.container, lodger.found->ids);
      if (lodger.waits_for.empty() || store_.pod(lodger.waits_for) == nullptr) continue;
      lodger.waits_for.clear();
      answer_if_done(lodger, Clock::now());
    }
  }
  bell_.notify_one();
  if (ends_.changed) ends_.changed();
}

void NodePods::answer_if_done(Lodger& lodger, Clock::time_point now) {
  if (!lodger.answer || !lodger.found) return;
  if (!lodger.waits_for.empty() && now < lodger.patience_ends) return;
  lodger.waits_for.clear();
  std::exchange(lodger.answer, {})({});
}

NodePods::Clock::time_point NodePods::next_due() const {
  constexpr std::chrono::seconds kRest{60};
  auto next = Clock::now() + kRest;
  for (const auto& [id, lodger] : lodgers_) {
    next = std::min(next, lodger.due);
    if (lodger.answer && lodger.found) next = std::min(next, lodger.patience_ends);
  }
  return next;
}

void NodePods::work() {
  std::unique_lock lock(mutex_);
  while (!ends_soon_) {
    std::vector<std::string> due;
    const auto now = Clock::now();
    for (auto& [id, lodger] : lodgers_) {
      answer_if_done(lodger, now);
      if (lodger.due <= now) due.push_back(id);
    }
    // A runtime waits for these.
    std::ranges::stable_partition(due,
                                  [this](const std::string& id) { return bool(lodgers_.at(id).answer); });
    for (const std::string& id : due) {
      if (ends_soon_) return;
      const auto lodger = lodgers_.find(id);
      if (lodger == lodgers_.end()) continue;
      if (lodger->second.found)
        look_at(id, lock);
      else
        look_for(id, lock);
    }
    if (due.empty() && !ends_soon_) bell_.wait_until(lock, next_due());
  }
}

void NodePods::look_for(const std::string& id, std::unique_lock<std::mutex>& lock) {
  const Lodger& asked = lodgers_.at(id);
  const std::string uid = directory_uid(*asked.pod), cgroup = asked.cgroup;
  lock.unlock();
  Result<ContainerCgroups> found = fail("find", id, 0);
  if (!cgroup.empty()) found = finder_->at(cgroup);
  if (!found) found = finder_->find(uid, id);
  lock.lock();
  const auto place = lodgers_.find(id);
  if (place == lodgers_.end()) return;  // it has ended meanwhile
  Lodger& lodger = place->second;
  const auto now = Clock::now();
  if (!std::exchange(lodger.looked, true)) looked_bell_.notify_all();
  if (!found) {
    lodger.pause = std::clamp(2 * lodger.pause, options_.first_pause, options_.longest_pause);
    lodger.due = now + lodger.pause;
    if (!lodger.answer) return;
    // A runtime makes the cgroup first.
    std::exchange(lodger.answer, {})(std::unexpected("its cgroup was not found: " + found.error().text()));
    ends_.post([this, id] { take_over(store_.end(id)); });
    return;
  }
  // A cgroup that is made inside it belongs to it from now on; those that were made before are looked for after that.
  const std::string path = found->path.substr(root_.size());
  ends_.put(lodger.pod, lodger.container, {found->ids.front()});
  if (Result<ContainerCgroups> all = finder_->at(path)) {
    ends_.put(lodger.pod, lodger.container, all->ids);
    found = std::move(all);
  }
  lodger.found = *std::move(found);
  lodger.due = now + options_.look_again;
  answer_if_done(lodger, now);
}

void NodePods::look_at(const std::string& id, std::unique_lock<std::mutex>& lock) {
  const ContainerCgroups found = *lodgers_.at(id).found;
  lock.unlock();
  const bool is_there = Cgroups::is_there(found);
  lock.lock();
  const auto place = lodgers_.find(id);
  if (place == lodgers_.end()) return;
  place->second.due = Clock::now() + options_.look_again;
  if (!is_there) ends_.post([this, id] { take_over(store_.end(id)); });
}

NodePodsCounts NodePods::counts() const {
  NodePodsCounts out = counts_;
  const std::lock_guard lock(mutex_);
  out.residents = lodgers_.size();
  out.looked_for = static_cast<uint64_t>(
      std::ranges::count_if(lodgers_, [](const auto& each) { return !each.second.found.has_value(); }));
  return out;
}

}  // namespace tripline
