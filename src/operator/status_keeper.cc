// SPDX-License-Identifier: Apache-2.0
#include "operator/status_keeper.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace tripline::op {
namespace {

constexpr std::chrono::milliseconds kLook{200};
constexpr std::chrono::milliseconds kAfterFailure{10'000};
constexpr int kKinds = 3;
constexpr size_t kMostOwed = 256;

}  // namespace

StatusKeeper::StatusKeeper(kube::Access access, std::shared_ptr<const kube::Stop> stop, Say say, Pace pace)
    : access_(std::move(access)),
      stop_(std::move(stop)),
      client_(access_, stop_),
      say_(std::move(say)),
      pace_(pace) {}

StatusKeeper::Counts StatusKeeper::counts() const {
  const std::lock_guard lock(mutex_);
  Counts out = counts_;
  out.waiting = static_cast<size_t>(std::ranges::count_if(
      policies_, [](const auto& each) { return each.second.due != kube::Deadline::max(); }));
  return out;
}

void StatusKeeper::follow(kube::Resource resource, kube::Listener listener, const std::string& what) {
  listener.synced = [this, first = true]() mutable {
    if (!std::exchange(first, false)) return;
    const std::lock_guard lock(mutex_);
    ++synced_;
  };
  listener.trouble = [this, what](const kube::Failure& failure) {
    say_({LogLevel::kWarning,
          "The API server does not tell what changes; trying again",
          {{"kind", what}, {"error", failure.text()}}});
  };
  kube::Reflector(kube::Client(access_, stop_), std::move(resource), std::move(listener)).run();
}

void StatusKeeper::follow_policies(kube::PolicyScope scope) {
  kube::Listener listener;
  listener.put = [this](const kube::ObjectKey& key, const kube::Json& object) {
    const std::lock_guard lock(mutex_);
    Policy& policy = policies_[key];
    const std::string& uid = object.at("metadata").at("uid").text;
    if (policy.uid != uid) policy = {.uid = uid};
    policy.status = read_status(object);
    roll_up_.put_policy(key, uid, object.at("metadata").at("generation").integer().value_or(0));
  };
  listener.removed = [this](const kube::ObjectKey& key, const std::string&) {
    const std::lock_guard lock(mutex_);
    policies_.erase(key);
    roll_up_.remove_policy(key);
  };
  kube::Resource resource = kube::policies_of(scope);
  resource.wanted = {"metadata.generation", "status"};
  const std::string what = resource.path.substr(resource.path.rfind('/') + 1);
  follow(std::move(resource), std::move(listener), what);
}

void StatusKeeper::follow_reports() {
  kube::Listener listener;
  listener.put = [this](const kube::ObjectKey&, const kube::Json& object) {
    const kube::PolicyReport report = kube::read_report(object);
    const std::lock_guard lock(mutex_);
    roll_up_.put_report(report);
  };
  listener.removed = [this](const kube::ObjectKey& key, const std::string&) {
    const std::lock_guard lock(mutex_);
    roll_up_.remove_report(key.name);
  };
  follow(kube::policy_reports(), std::move(listener), "tracingpolicyreports");
}

// When what changed is to be written.
void StatusKeeper::schedule(kube::Deadline now) {
  for (const kube::ObjectKey& key : roll_up_.take_changed()) {
    const auto found = policies_.find(key);
    if (found == policies_.end() || found->second.due != kube::Deadline::max()) continue;
    Policy& policy = found->second;
    if (now - policy.written > pace_.quiet) policy.pause = {};
    policy.due = std::max(now + pace_.settle, policy.written + policy.pause);
  }
}

std::vector<StatusKeeper::Write> StatusKeeper::take_due(kube::Deadline now) {
  std::vector<Write> out;
  const std::lock_guard lock(mutex_);
  if (synced_ < kKinds) return out;
  schedule(now);
  for (auto& [key, policy] : policies_) {
    if (policy.due > now) continue;
    policy.due = kube::Deadline::max();
    auto summary = roll_up_.summary(key);
    if (!summary) continue;
    // Nobody has said anything: there is nothing to say of it.
    if (roll_up_.reports() == 0 && policy.status.condition.empty()) continue;
    if (status_of(key, *summary, policy.status, "").says(policy.status)) continue;
    policy.written = now;
    policy.pause = std::clamp(policy.pause * 2, pace_.settle, pace_.longest);
    out.push_back({key, policy.uid, *std::move(summary), policy.status});
  }
  return out;
}

bool StatusKeeper::counted(const kube::Answer<std::string>& done, const kube::ObjectKey& key,
                           const char* what) {
  {
    const std::lock_guard lock(mutex_);
    ++(done ? counts_.written : counts_.failed);
  }
  if (done || done.error().kind == kube::Failure::Kind::kStopped) return done.has_value();
  // A right that is missing is missing for all of them.
  if (done.error().is(403) && !refusals_.insert(static_cast<int>(what[0])).second) return false;
  say_({LogLevel::kWarning,
        what,
        {{"namespace", key.name_space}, {"name", key.name}, {"error", done.error().text()}}});
  return false;
}

void StatusKeeper::put_off(const kube::ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = policies_.find(key); found != policies_.end())
    found->second.due = kube::Clock::now() + kAfterFailure;
}

void StatusKeeper::write(const Write& write) {
  const std::string now = second_time(std::chrono::system_clock::now());
  const PolicyStatusObject status = status_of(write.key, write.summary, write.before, now);
  const auto done = client_.patch(policy_path(write.key) + "/status", kube::Patch::kMerge,
                                  status_patch(status, write.summary, write.uid));
  // It is gone, or another of its name is there, of which we are told.
  if (!done && (done.error().is(404) || done.error().is(409) || done.error().is(422))) return;
  if (!counted(done, write.key, "The status of a policy could not be written; trying again"))
    return put_off(write.key);
  {
    const std::lock_guard lock(mutex_);
    const auto found = policies_.find(write.key);
    if (found != policies_.end() && found->second.uid == write.uid) found->second.status = status;
  }
  const int64_t known = write.before.generation == status.generation ? write.before.failed : 0;
  if (status.failed > known)
    tell({write.key, write.uid, status.reason, status.message, status.failed - known});
}

void StatusKeeper::tell(const PolicyEvent& event) {
  const std::string now = second_time(std::chrono::system_clock::now());
  const std::string path = event_folder(event) + "/" + event_name(event);
  const auto existing = client_.get(path);
  const auto json = existing ? kube::read_json(*existing) : std::nullopt;
  const auto done = json ? client_.patch(path, kube::Patch::kMerge, event_patch(event, *json, now))
                         : client_.post(event_folder(event), event_document(event, now));
  if (counted(done, event.key, "An Event could not be written")) return;
  // A namespace that ends takes none.
  const bool lasts = done.error().is(403) || done.error().is(404) || done.error().is(422);
  if (!lasts && owed_.size() < kMostOwed) owed_.push_back(event);
}

void StatusKeeper::run() {
  std::thread cluster([this] { follow_policies(kube::PolicyScope::kCluster); });
  std::thread namespaced([this] { follow_policies(kube::PolicyScope::kNamespaced); });
  std::thread reports([this] { follow_reports(); });
  auto owed_since = kube::Clock::now();
  while (!stop_->wait(kLook)) {
    for (const Write& each : take_due(kube::Clock::now())) {
      write(each);
      if (stop_->wait(pace_.between)) break;
    }
    if (owed_.empty() || kube::Clock::now() - owed_since < kAfterFailure) continue;
    owed_since = kube::Clock::now();
    for (const PolicyEvent& event : std::exchange(owed_, {})) tell(event);
  }
  cluster.join();
  namespaced.join();
  reports.join();
}

}  // namespace tripline::op
