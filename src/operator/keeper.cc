// SPDX-License-Identifier: Apache-2.0
#include "operator/keeper.h"

#include <thread>
#include <utility>

#include "crd/definition.h"
#include "kube/backoff.h"

namespace tripline::op {
namespace {

constexpr std::chrono::milliseconds kLook{500};  // how often it looks whether it is to end
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{30'000};

std::string folder_of(const std::string& name_space) {
  return "/apis/" + std::string(crd::kGroup) + "/" + std::string(crd::kVersion) + "/namespaces/" +
         name_space + "/podinfo";
}

}  // namespace

Keeper::Keeper(kube::Access access, std::shared_ptr<const kube::Stop> stop, Say say)
    : access_(std::move(access)), stop_(std::move(stop)), client_(access_, stop_), say_(std::move(say)) {}

Keeper::Counts Keeper::counts() const {
  const std::lock_guard lock(mutex_);
  Counts out = counts_;
  out.waiting = queue_.size();
  return out;
}

void Keeper::note(const kube::ObjectKey& key) {
  queue_.insert(key);
  changed_.notify_one();
}

void Keeper::synced() {
  const std::lock_guard lock(mutex_);
  ++synced_;
  changed_.notify_one();
}

void Keeper::follow(bool pods) {
  kube::Listener listener;
  listener.put = [this, pods](const kube::ObjectKey& key, const kube::Json& object) {
    const std::lock_guard lock(mutex_);
    Look& look = looks_[key];
    if (pods) {
      look.wanted = pod_info_of(object);
    } else {
      look.existing = {read_pod_info(object), object.at("metadata").at("resourceVersion").text};
    }
    note(key);
  };
  listener.removed = [this, pods](const kube::ObjectKey& key, const std::string&) {
    const std::lock_guard lock(mutex_);
    Look& look = looks_[key];
    if (pods) {
      look.wanted.reset();
    } else {
      look.existing.reset();
    }
    note(key);
  };
  listener.synced = [this, first = true]() mutable {
    if (std::exchange(first, false)) synced();
  };
  listener.trouble = [this, pods](const kube::Failure& failure) {
    say_({LogLevel::kWarning,
          "Cannot watch the API server for changes; retrying",
          {{"kind", pods ? "pods" : "podinfo"}, {"error", failure.text()}}});
  };
  kube::Resource resource{
      .path = pods ? "/api/v1/pods"
                   : "/apis/" + std::string(crd::kGroup) + "/" + std::string(crd::kVersion) + "/podinfo",
      .wanted = pods ? wanted_of_pods() : wanted_of_pod_infos()};
  kube::Reflector(kube::Client(access_, stop_), std::move(resource), std::move(listener)).run();
}

// The next to look at, once all is known that there was at the start. Absent: nothing yet.
std::optional<std::pair<kube::ObjectKey, Keeper::Look>> Keeper::next() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kLook, [this] { return synced_ == 2 && !queue_.empty(); });
  if (synced_ != 2 || queue_.empty()) return {};
  auto key = queue_.extract(queue_.begin()).value();
  const auto found = looks_.find(key);
  if (found == looks_.end()) return {};
  std::pair out(key, found->second);
  if (!found->second.wanted && !found->second.existing) looks_.erase(found);
  return out;
}

// False: it is to be tried again.
bool Keeper::write(const kube::ObjectKey& key, const Look& look) {
  if (!look.wanted || (look.existing && look.existing->info == *look.wanted)) return true;
  const std::string folder = folder_of(key.name_space);
  const auto done = look.existing
                        ? client_.put(folder + "/" + key.name, document(*look.wanted, look.existing->version))
                        : client_.post(folder, document(*look.wanted, {}));
  // Another version of it is on its way to us, and then we look again. A namespace that ends takes no more objects.
  const bool theirs = !done && (done.error().is(409) || done.error().is(404));
  const std::lock_guard lock(mutex_);
  if (done) ++counts_.written;
  if (done || theirs) return true;
  ++counts_.failed;
  if (done.error().kind != kube::Failure::Kind::kStopped)
    say_({LogLevel::kWarning,
          "A PodInfo could not be written; trying again",
          {{"namespace", key.name_space}, {"name", key.name}, {"error", done.error().text()}}});
  return false;
}

void Keeper::run() {
  std::thread pods([this] { follow(true); });
  std::thread infos([this] { follow(false); });
  std::chrono::milliseconds pause = kFirstPause;
  while (!stop_->is_set()) {
    const auto look = next();
    if (!look) continue;
    if (write(look->first, look->second)) {
      pause = kFirstPause;
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      queue_.insert(look->first);
    }
    (void)stop_->wait(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
  pods.join();
  infos.join();
}

}  // namespace tripline::op
