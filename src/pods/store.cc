// SPDX-License-Identifier: Apache-2.0
#include "pods/store.h"

#include <algorithm>
#include <utility>

namespace tripline {
namespace {

constexpr size_t kStart = 15;  // characters of an id that the index has
constexpr const char* kMirrorAnnotation = "kubernetes.io/config.mirror";

std::string start_of(std::string_view id) { return std::string(id.substr(0, kStart)); }

// The uid that the directory of a mirrored pod has; empty of others.
std::string mirrored(const Pod& pod) {
  const auto found = pod.annotations.find(kMirrorAnnotation);
  return found == pod.annotations.end() ? std::string() : found->second;
}

const Container* find_id(const std::vector<Container>& containers, std::string_view id) {
  const auto found = std::ranges::find(containers, id, &Container::id);
  return found == containers.end() ? nullptr : &*found;
}

// Has the status another container in the place of this one?
bool is_replaced(const Pod& pod, const Container& container) {
  return std::ranges::any_of(pod.containers, [&](const Container& each) {
    return each.name == container.name && !each.id.empty() && each.id != container.id;
  });
}

// Does a container run that did so before?
bool still_runs(const Pod& pod, const Container& container) {
  const Container* const now = find_id(pod.containers, container.id);
  if (now != nullptr) return now->state != Container::State::kTerminated;
  return !is_replaced(pod, container);
}

}  // namespace

std::string directory_uid(const Pod& pod) {
  std::string out = mirrored(pod);
  return out.empty() ? pod.uid : out;
}

bool PodStore::is_of_another(const std::string& id, const std::string& uid) const {
  const auto owner = owners_.find(id);
  return owner != owners_.end() && owner->second != uid;
}

PodStore::Pods::iterator PodStore::find_pod(std::string_view uid) {
  const auto own = pods_.find(uid);
  if (own != pods_.end()) return own;
  const auto mirror = mirrors_.find(uid);
  return mirror == mirrors_.end() ? pods_.end() : pods_.find(mirror->second);
}

PodPtr PodStore::pod(std::string_view uid) const {
  const auto found = const_cast<PodStore*>(this)->find_pod(uid);
  return found != pods_.end() && found->second.is_told ? found->second.pod : nullptr;
}

PodChange PodStore::put(Pod pod) {
  std::vector<Container> announced;
  std::map<std::string, Container> ran;
  const std::string directory = mirrored(pod);
  // What hooks told of the pod, under either uid, belongs to this one.
  if (!directory.empty() && directory != pod.uid) {
    mirrors_[directory] = pod.uid;
    if (const auto stranger = pods_.find(directory); stranger != pods_.end()) {
      announced = std::move(stranger->second.announced);
      ran = std::move(stranger->second.runs);
      for (const auto& [id, container] : ran) owners_[id] = pod.uid;
      drop_index(stranger->second);
      if (!stranger->second.is_told) --strangers_;
      pods_.erase(stranger);
    }
  }
  Known& known = pods_[pod.uid];
  if (known.pod != nullptr && !known.is_told) --strangers_;
  drop_index(known);
  known.is_told = true;
  std::ranges::move(announced, std::back_inserter(known.announced));
  known.runs.merge(ran);
  std::map<std::string, PodViewPtr> views = std::exchange(known.views, {});
  known.pod = std::make_shared<const Pod>(std::move(pod));
  const Pod& now = *known.pod;
  std::erase_if(known.announced, [&](const Container& each) {
    return find_id(now.containers, each.id) != nullptr || is_replaced(now, each);
  });
  std::vector<std::string> gone;
  for (auto each = known.runs.begin(); each != known.runs.end();) {
    if (still_runs(now, each->second)) {
      ++each;
      continue;
    }
    gone.push_back(each->first);
    owners_.erase(each->first);
    each = known.runs.erase(each);
  }
  for (const Container& each : now.containers) {
    if (each.id.empty()) continue;
    if (each.state != Container::State::kRunning && !known.runs.contains(each.id)) continue;
    if (is_of_another(each.id, now.uid)) {
      ++counts_.clashes;
      continue;
    }
    known.runs[each.id] = each;
    owners_[each.id] = now.uid;
  }
  index(known);
  // Containers that no status has any more.
  for (auto& [id, view] : views)
    if (!known.views.contains(id)) remember(id, std::move(view));
  return settle(known, std::move(gone));
}

PodChange PodStore::remove(std::string_view uid) {
  PodChange out;
  const auto found = pods_.find(uid);
  if (found == pods_.end()) return out;
  Known& known = found->second;
  drop_index(known);
  for (const auto& [id, container] : known.runs) {
    out.gone.push_back(id);
    owners_.erase(id);
  }
  for (auto& [id, view] : known.views) remember(id, std::move(view));
  if (const std::string directory = mirrored(*known.pod); !directory.empty()) mirrors_.erase(directory);
  if (!known.is_told) --strangers_;
  pods_.erase(found);
  return out;
}

PodChange PodStore::announce(Pod pod, Container container) {
  auto found = find_pod(pod.uid);
  if (found == pods_.end()) {
    const std::string uid = pod.uid;
    found =
        pods_.emplace(uid, Known{.pod = std::make_shared<const Pod>(std::move(pod)), .age = ++age_}).first;
    ++strangers_;
  }
  Known& known = found->second;
  std::vector<std::string> gone;
  if (is_of_another(container.id, known.pod->uid)) {
    ++counts_.clashes;
    gone.push_back(container.id);
    take_from_owner(container.id, known.pod->uid);
  }
  const Container* const now = find_id(known.pod->containers, container.id);
  if (now == nullptr || now->state != Container::State::kTerminated) {
    known.runs[container.id] = now == nullptr ? container : *now;
    owners_[container.id] = known.pod->uid;
    if (now == nullptr) {
      std::erase_if(known.announced, [&](const Container& each) { return each.id == container.id; });
      known.announced.push_back(std::move(container));
    }
  }
  index(known);
  PodChange out = settle(known, std::move(gone));
  if (strangers_ > options_.strangers) forget_stranger(out);
  return out;
}

void PodStore::take_from_owner(const std::string& id, const std::string& uid) {
  Known& owner = pods_.find(owners_.at(id))->second;
  drop_index(owner);
  owner.views.clear();
  owner.runs.erase(id);
  std::erase_if(owner.announced, [&](const Container& each) { return each.id == id; });
  owners_[id] = uid;
  index(owner);
}

// One that the API server never told of.
void PodStore::forget_stranger(PodChange& change) {
  auto oldest = pods_.end();
  for (auto each = pods_.begin(); each != pods_.end(); ++each) {
    if (each->second.is_told) continue;
    if (oldest == pods_.end() || each->second.age < oldest->second.age) oldest = each;
  }
  if (oldest == pods_.end()) return;
  PodChange removed = remove(std::string(oldest->first));
  std::ranges::move(removed.gone, std::back_inserter(change.gone));
}

PodChange PodStore::end(std::string_view container_id) {
  for (auto& [uid, known] : pods_) {
    if (known.runs.erase(std::string(container_id)) == 0) continue;
    owners_.erase(std::string(container_id));
    std::erase_if(known.announced, [&](const Container& each) { return each.id == container_id; });
    PodChange out = settle(known, {std::string(container_id)});
    // A hook told of a pod that never came.
    if (!known.is_told && known.runs.empty()) (void)remove(std::string(uid));
    return out;
  }
  return {};
}

PodChange PodStore::settle(Known& known, std::vector<std::string> gone) {
  PodChange out{.residents = {}, .gone = std::move(gone)};
  for (const auto& [id, container] : known.runs) out.residents.push_back({known.pod, container});
  return out;
}

void PodStore::index(Known& known) {
  const auto add = [&](const Container& container) {
    if (container.id.empty() || is_of_another(container.id, known.pod->uid)) return;
    const auto [place, is_new] = known.views.try_emplace(container.id);
    if (!is_new) return;
    place->second = std::make_shared<const PodView>(view_of(*known.pod, container, options_.annotations));
    by_start_.emplace(start_of(container.id), Indexed{&known, place->first, place->second});
  };
  for (const Container& each : known.pod->containers) add(each);
  for (const Container& each : known.announced) add(each);
}

void PodStore::drop_index(const Known& known) {
  for (const auto& [id, view] : known.views) {
    const auto [first, last] = by_start_.equal_range(start_of(id));
    const auto place =
        std::find_if(first, last, [&known](const auto& each) { return each.second.known == &known; });
    if (place != last) by_start_.erase(place);
  }
}

void PodStore::remember(std::string id, PodViewPtr view) {
  if (options_.gone == 0) return;
  std::string start = start_of(id);
  gone_.push_back({std::move(id), std::move(view)});
  gone_by_start_.emplace(std::move(start), std::prev(gone_.end()));
  if (gone_.size() <= options_.gone) return;
  ++counts_.forgotten;
  const auto [first, last] = gone_by_start_.equal_range(start_of(gone_.front().id));
  for (auto each = first; each != last; ++each) {
    if (each->second != gone_.begin()) continue;
    gone_by_start_.erase(each);
    break;
  }
  gone_.pop_front();
}

// Ids shorter than what the index has are of no runtime.
PodViewPtr PodStore::look_up(std::string_view id, bool announced) const {
  if (id.size() < kStart) return nullptr;
  const auto [first, last] = by_start_.equal_range(start_of(id));
  for (auto each = first; each != last; ++each) {
    const Indexed& indexed = each->second;
    if ((indexed.known->is_told || announced) && indexed.id.starts_with(id)) return indexed.view;
  }
  return nullptr;
}

PodViewPtr PodStore::find(std::string_view id) {
  if (PodViewPtr view = look_up(id, false)) {
    ++counts_.found;
    return view;
  }
  const auto [first, last] = gone_by_start_.equal_range(start_of(id));
  for (auto each = first; each != last; ++each) {
    if (!each->second->id.starts_with(id)) continue;
    gone_.splice(gone_.end(), gone_, each->second);  // iterators stay what they are
    ++counts_.found;
    ++counts_.found_gone;
    return each->second->view;
  }
  ++counts_.not_found;
  return nullptr;
}

PodViewPtr PodStore::find_announced(std::string_view id) const { return look_up(id, true); }

std::vector<Pod> PodStore::pods() const {
  std::vector<Pod> out;
  for (const auto& [uid, known] : pods_) {
    Pod& pod = out.emplace_back(*known.pod);
    for (const Container& each : known.announced) {
      std::erase_if(pod.containers, [&](const Container& told) { return told.name == each.name; });
      pod.containers.push_back(each);
      pod.containers.back().state = Container::State::kRunning;
    }
  }
  return out;
}

std::vector<Resident> PodStore::residents() const {
  std::vector<Resident> out;
  for (const auto& [uid, known] : pods_)
    for (const auto& [id, container] : known.runs) out.push_back({known.pod, container});
  return out;
}

}  // namespace tripline
