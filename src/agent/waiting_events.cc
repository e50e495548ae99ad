// SPDX-License-Identifier: Apache-2.0
#include "agent/waiting_events.h"

#include <unordered_set>
#include <utility>

namespace tripline {

WaitingEvents::WaitingEvents(WaitOptions options, Complete complete, GiveUp give_up, Sink sink)
    : options_(options),
      complete_(std::move(complete)),
      give_up_(std::move(give_up)),
      sink_(std::move(sink)) {}

void WaitingEvents::take(Event& event, Clock::time_point now) {
  const Process* const process = event.process.process.get();
  if (process == nullptr) return sink_(event);
  const auto before = of_pid_.find(process->pid);
  const bool lacks = !process->docker.empty() && !process->pod;
  if (before == of_pid_.end() && (!lacks || options_.retries <= 0 || complete_(event))) return sink_(event);
  if (waiting_.empty()) next_ = now + options_.delay;
  waiting_.push_back({event, now + options_.retries * options_.delay});
  ++of_pid_[process->pid];
  ++counts_.inserts;
  if (waiting_.size() > options_.most) send_oldest();
}

void WaitingEvents::round(Clock::time_point now, bool news) {
  if (waiting_.empty() || (!news && now < next_)) return;
  if (now >= next_) next_ = now + options_.delay;
  std::unordered_set<uint32_t> held;  // processes of which one waits on
  std::deque<Waiting> all = std::exchange(waiting_, {});
  of_pid_.clear();
  for (Waiting& each : all) {
    const uint32_t pid = each.event.process.process->pid;
    bool complete = false;
    if (!held.contains(pid)) {
      ++counts_.retries;
      complete = complete_(each.event);
      if (complete || now >= each.until) {
        send(each, complete);
        continue;
      }
    }
    held.insert(pid);
    ++of_pid_[pid];
    waiting_.push_back(std::move(each));
  }
}

void WaitingEvents::send(Waiting& waiting, bool complete) {
  if (!complete) {
    ++counts_.failures.at(waiting.event.payload.index());
    give_up_(waiting.event);
  }
  sink_(waiting.event);
}

void WaitingEvents::send_oldest() {
  Waiting oldest = std::move(waiting_.front());
  waiting_.pop_front();
  const auto of_pid = of_pid_.find(oldest.event.process.process->pid);
  if (--of_pid->second == 0) of_pid_.erase(of_pid);
  send(oldest, complete_(oldest.event));
}

void WaitingEvents::flush() {
  options_.retries = 0;
  while (!waiting_.empty()) send_oldest();
}

WaitCounts WaitingEvents::counts() const {
  WaitCounts out = counts_;
  out.waiting = waiting_.size();
  return out;
}

}  // namespace tripline
