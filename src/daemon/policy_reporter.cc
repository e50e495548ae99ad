// SPDX-License-Identifier: Apache-2.0
#include "daemon/policy_reporter.h"

#include <algorithm>
#include <random>
#include <utility>

#include "kube/query.h"

namespace tripline {
namespace {

constexpr std::chrono::milliseconds kPatience{200};  // between two looks whether we are to end

std::string path_of(const std::string& node) {
  std::string out(kube::kReportsPath);
  return out.append("/").append(kube::escaped_query(node));
}

double chance() {
  std::random_device source;
  return std::uniform_real_distribution<double>(0, 1)(source);
}

}  // namespace

PolicyReporter::PolicyReporter(kube::Access access, std::string node, bool stays, Post post, Collect collect,
                               Say say, ReporterTimes times)
    : access_(std::move(access)),
      node_(std::move(node)),
      stays_(stays),
      post_(std::move(post)),
      collect_(std::move(collect)),
      say_(std::move(say)),
      times_(times),
      client_(access_, stop_),
      thread_([this] { run(); }) {}

PolicyReporter::~PolicyReporter() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  stop_->set();
  bell_.notify_all();
  thread_.join();
}

void PolicyReporter::changed() {
  const std::lock_guard lock(mutex_);
  changed_ = true;
  bell_.notify_all();
}

void PolicyReporter::set_node_uid(const std::string& uid) {
  const std::lock_guard lock(mutex_);
  if (node_uid_ == uid) return;
  node_uid_ = uid;
  changed_ = true;
  bell_.notify_all();
}

bool PolicyReporter::wait_for_change(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  bell_.wait_for(lock, longest, [this] { return changed_ || ends_; });
  if (ends_) return false;
  if (changed_) {
    // A crowd of agents learns of a policy at once, and of several policies one comes after the other.
    const auto moment =
        times_.settle + std::chrono::duration_cast<std::chrono::milliseconds>(times_.settle * chance());
    bell_.wait_for(lock, moment, [this] { return ends_; });
  }
  const auto rest = not_before_ - kube::Clock::now();
  if (rest.count() > 0) bell_.wait_for(lock, rest, [this] { return ends_; });
  changed_ = false;
  return !ends_;
}

// What is to be written. Absent: the loop did not answer before the end.
std::optional<std::string> PolicyReporter::document() {
  const auto collected = std::make_shared<Collected>();
  post_([collected, collect = collect_] {
    auto policies = collect();
    const std::lock_guard lock(collected->mutex);
    collected->policies = std::move(policies);
    collected->is_there = true;
    collected->here.notify_all();
  });
  kube::PolicyReport report{.node = node_, .node_uid = {}, .policies = {}};
  {
    std::unique_lock lock(collected->mutex);
    while (!collected->here.wait_for(lock, kPatience, [&] { return collected->is_there; })) {
      if (stop_->is_set()) return {};
    }
    if (!collected->policies) return written_;
    report.policies = *std::move(collected->policies);
  }
  const std::lock_guard lock(mutex_);
  report.node_uid = node_uid_;
  return kube::report_document(std::move(report));
}

bool PolicyReporter::write(const std::string& document) {
  const auto done =
      client_.patch(path_of(node_) + "?fieldManager=tripline&force=true", kube::Patch::kApply, document);
  const auto now = kube::Clock::now();
  if (done) {
    if (troubled_) say_({LogLevel::kInfo, "What became of policies is reported to the API server again", {}});
    troubled_ = false;
    refused_ = 0;
    written_ = document;
    written_at_ = now;
    not_before_ = now + times_.rest;
    return true;
  }
  const kube::Failure& why = done.error();
  if (why.kind == kube::Failure::Kind::kStopped) return false;
  // Neither a right nor a definition that is missing comes back by trying.
  const bool lasts = why.is(403) || why.is(404);
  not_before_ = now + (lasts ? times_.refused : backoff_.next(now, chance()));
  if (!troubled_ || (lasts && refused_ != why.code))
    say_({LogLevel::kWarning,
          lasts ? "The API server takes no report of policies from this agent: their status does not count it"
                : "The report of policies could not be written; it is tried again",
          {{"error", why.text()}}});
  troubled_ = true;
  if (lasts) refused_ = why.code;
  return false;
}

void PolicyReporter::take_away() {
  if (stays_ || written_.empty() || troubled_) return;
  kube::Client client(access_, std::make_shared<kube::Stop>(),
                      {.connect = times_.farewell, .answer = times_.farewell});
  (void)client.remove(path_of(node_));
}

void PolicyReporter::run() {
  std::chrono::milliseconds longest{0};
  while (wait_for_change(longest)) {
    longest = times_.look;
    const auto text = document();
    if (!text) break;
    const bool is_old = kube::Clock::now() - written_at_ >= times_.again;
    if (text->empty() || (*text == written_ && !is_old)) continue;
    if (!write(*text)) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(not_before_ - kube::Clock::now());
      longest = std::clamp(left, std::chrono::milliseconds(1), times_.refused);
    }
  }
  take_away();
}

}  // namespace tripline
