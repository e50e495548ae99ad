// SPDX-License-Identifier: Apache-2.0
#include "metrics/event_counts.h"

#include <algorithm>

namespace tripline {
namespace {

constexpr std::string_view kUnknown = "unknown";

}  // namespace

EventCounts::EventCounts(ProcessLabels labels, std::string node)
    : labels_(labels),
      node_(labels.node_name ? std::move(node) : std::string()),
      host_({.node = node_, .name_space = {}, .workload = {}, .pod = {}}, labels.binary, room_) {}

EventSeries& EventCounts::series_of(const Process* process) {
  if (process == nullptr || !process->pod) return host_;
  const PodViewPtr& view = process->pod->of;
  if (recent_.first == view) return *recent_.second;
  SeriesLabels labels{.node = node_, .name_space = {}, .workload = {}, .pod = {}};
  if (labels_.name_space) labels.name_space = view->name_space;
  if (labels_.workload) labels.workload = view->workload;
  if (labels_.pod) labels.pod = view->name;
  if (labels.name_space.empty() && labels.workload.empty() && labels.pod.empty()) return host_;
  recent_ = {view, &begin_series(*view, std::move(labels))};
  return *recent_.second;
}

// The series with these labels, which may be there.
EventSeries& EventCounts::begin_series(const PodView& pod, SeriesLabels labels) {
  const auto key_of = [](const SeriesLabels& of) { return of.name_space + '/' + of.workload + '/' + of.pod; };
  if (const auto place = places_.find(key_of(labels)); place != places_.end()) return *place->second;
  const bool has_room = pods_.size() + 1 < kPods;
  if (!has_room) {
    for (std::string* label : {&labels.name_space, &labels.workload, &labels.pod})
      if (!label->empty()) *label = kOtherLabel;
  } else if (const auto late = std::ranges::find(forgotten_, PodName{pod.name_space, pod.name});
             late != forgotten_.end()) {
    gone_.push_back({std::move(*late), now_ + kLinger});
    forgotten_.erase(late);
  }
  const std::string key = key_of(labels);
  if (const auto place = places_.find(key); place != places_.end()) return *place->second;
  auto made = std::make_shared<EventSeries>(std::move(labels), labels_.binary, room_);
  places_.emplace(key, made.get());
  if (!has_room) rest_ = made.get();
  const std::lock_guard lock(mutex_);
  pods_.push_back(std::move(made));
  return *pods_.back();
}

void EventCounts::add(const Event& event) {
  const Process* process = event.process.process.get();
  EventSeries& series = series_of(process);
  const bool is_own = series.add(event);
  if (!is_own || &series == rest_) other_.add();
  const auto* kprobe = std::get_if<ProcessKprobe>(&event.payload);
  if (kprobe != nullptr && kprobe->returned) joined_.add({{}, {}, {}, kprobe->function}, 1, {}, joined_room_);
  if (const auto* throttle = std::get_if<ProcessThrottle>(&event.payload))
    (throttle->type == ProcessThrottle::Type::kStart ? throttled_ : unthrottled_).add();
  if (process == nullptr) return;
  if (process->flags == kUnknown) unknown_.add();
  if (std::holds_alternative<ProcessExec>(event.payload)) add_flags(process->flags);
}

void EventCounts::pod_is_there(std::string_view name_space, std::string_view pod) {
  const PodName name{std::string(name_space), std::string(pod)};
  std::erase_if(gone_, [&](const Gone& each) { return each.name == name; });
  std::erase(forgotten_, name);
}

void EventCounts::pod_has_gone(std::string_view name_space, std::string_view pod, Clock::time_point now) {
  // Without its name nobody can tell which series are its.
  if (labels_.pod) gone_.push_back({{std::string(name_space), std::string(pod)}, now + kLinger});
}

void EventCounts::forget_gone(Clock::time_point now) {
  now_ = now;
  while (!gone_.empty() && gone_.front().until <= now) {
    PodName gone = std::move(gone_.front().name);
    gone_.pop_front();
    forget(gone);
    forgotten_.push_back(std::move(gone));
    if (forgotten_.size() > kForgotten) forgotten_.pop_front();
  }
}

void EventCounts::forget(const PodName& gone) {
  const auto is_its = [&](const SeriesLabels& labels) {
    return labels.pod == gone.pod && (!labels_.name_space || labels.name_space == gone.name_space);
  };
  recent_ = {};
  std::erase_if(places_, [&](const auto& place) { return is_its(place.second->labels()); });
  const std::lock_guard lock(mutex_);
  for (auto& each : pods_) {
    if (!is_its(each->labels())) continue;
    each->give_back();
    each.reset();
  }
  std::erase(pods_, nullptr);
}

void EventCounts::add_flags(std::string_view flags) {
  for (size_t n = 0, size = flags_.size(); n < size; ++n) {
    if (flags_[n].text == flags) return flags_[n].events.add();
  }
  const size_t space = flags.find(' ');
  const bool is_single = space == std::string_view::npos;
  if (flags_.size() < (is_single ? kFlags : kFlags - kSingleFlags)) {
    flags_.add([&](Flags& added) { added.text = flags; }).events.add();
  } else if (!is_single) {
    add_flags(flags.substr(0, space));
    add_flags(flags.substr(space + 1));
  }
}

void EventCounts::show_flags(Page& page) const {
  for (size_t n = 0, size = flags_.size(); n < size; ++n) {
    std::string_view rest = flags_[n].text;
    while (!rest.empty()) {
      const std::string_view flag = rest.substr(0, rest.find(' '));
      rest.remove_prefix(flag.size() < rest.size() ? flag.size() + 1 : rest.size());
      page.add(Metric::flags_total, {std::string(flag)}, static_cast<double>(flags_[n].events.get()));
    }
  }
}

void EventCounts::show(Page& page) const {
  std::vector<std::shared_ptr<EventSeries>> pods;
  {
    const std::lock_guard lock(mutex_);
    pods = pods_;
  }
  host_.show(page);
  for (const auto& each : pods) each->show(page);
  joined_.show([&](const CountSubject& subject, uint32_t, double events) {
    const std::string function(subject.name);
    page.add(Metric::generic_kprobe_merge_total, {function, "exit", function, "enter", "ok"}, events);
  });
  show_flags(page);
  page.add(Metric::events_missing_process_info_total, static_cast<double>(unknown_.get()));
  page.add(Metric::metrics_other_total, static_cast<double>(other_.get()));
  page.add(Metric::cgroup_rate_total, {"throttle_start"}, static_cast<double>(throttled_.get()));
  page.add(Metric::cgroup_rate_total, {"throttle_stop"}, static_cast<double>(unthrottled_.get()));
}

}  // namespace tripline
