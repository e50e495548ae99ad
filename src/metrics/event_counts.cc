// SPDX-License-Identifier: Apache-2.0
#include "metrics/event_counts.h"

#include <functional>
#include <utility>

#include "base/syscalls.h"

namespace tripline {
namespace {

// In the order of Payload.
constexpr std::array<std::string_view, std::variant_size_v<Payload>> kTypeNames = {
    "PROCESS_EXEC",   "PROCESS_EXIT", "PROCESS_KPROBE", "PROCESS_TRACEPOINT", "PROCESS_LSM",
    "PROCESS_UPROBE", "PROCESS_USDT", "PROCESS_LOADER", "PROCESS_THROTTLE"};
static_assert(!kTypeNames.back().empty());

constexpr std::string_view kUnknown = "unknown";

// As `raw_syscalls/sys_enter` shows it, with its machine in front unless that is x86-64.
std::pair<std::string_view, std::string_view> syscall_of(const ProcessTracepoint& tracepoint) {
  const ArgumentValue* first = tracepoint.args.empty() ? nullptr : &tracepoint.args.front().value;
  const Syscall* call = nullptr;
  std::string_view machine;
  if (const auto* id = first ? std::get_if<SyscallIdArg>(first) : nullptr) {
    if (id->abi == "i386") machine = "i386";
    call = machine.empty() ? find_x64_syscall(id->id) : find_i386_syscall(id->id);
  } else if (const auto* number = first ? std::get_if<LongArg>(first) : nullptr) {
    call = find_x64_syscall(static_cast<uint64_t>(number->value));
  }
  if (call == nullptr) return {{}, kUnknown};
  return {machine, call->name};
}

std::string joined_text(std::string_view group, std::string_view name) {
  std::string out(group);
  if (!group.empty()) out += '/';
  return out.append(name);
}

}  // namespace

size_t EventCounts::KeyHash::operator()(const Key& key) const {
  constexpr std::hash<std::string_view> kHash;
  constexpr size_t kOdd = 0x9E3779B97F4A7C15;
  size_t out = key.binary;
  for (const std::string_view text : {key.subject.policy, key.subject.group, key.subject.name})
    out = (out ^ (text.empty() ? 0 : kHash(text))) * kOdd;
  return out;
}

Count* EventCounts::Table::find(const Key& key) {
  const auto place = places_.find(key);
  return place == places_.end() ? nullptr : place->second;
}

Count& EventCounts::Table::begin(const Key& key) {
  Series& added = series_.add([&key](Series& series) {
    series.texts = {std::string(key.subject.policy), std::string(key.subject.kind),
                    std::string(key.subject.group), std::string(key.subject.name)};
    series.key = {{series.texts[0], series.texts[1], series.texts[2], series.texts[3]}, key.binary};
  });
  places_.emplace(added.key, &added.events);
  return added.events;
}

bool EventCounts::Table::add(const Subject& subject, uint32_t binary) {
  Key key{subject, binary};
  Count* count = find(key);
  if (count == nullptr && series_.size() < kSeries) count = &begin(key);
  if (count != nullptr) {
    count->add();
    return binary != 0;
  }
  key.binary = 0;
  count = find(key);
  // One place is for all that has none at all.
  if (count == nullptr && series_.size() + 1 < kSeries + kOtherSeries) count = &begin(key);
  if (count == nullptr) {
    key.subject = {kOtherLabel, {}, {}, kOtherLabel};
    count = find(key);
    if (count == nullptr) count = &begin(key);
  }
  count->add();
  return false;
}

EventCounts::EventCounts(ProcessLabels labels, std::string node)
    : labels_(labels), node_(labels.node_name ? std::move(node) : std::string()) {
  add_binary(kOtherLabel);
  add_binary({});
}

uint32_t EventCounts::add_binary(std::string_view path) {
  const auto number = static_cast<uint32_t>(binaries_.size());
  const Binary& added = binaries_.add([&](Binary& binary) { binary.path = path; });
  binary_bytes_ += path.size();
  places_.emplace(added.path, number);
  return number;
}

uint32_t EventCounts::binary_of(const Process* process) {
  const std::string_view path =
      process == nullptr || !labels_.binary ? std::string_view() : std::string_view(process->binary);
  if (const auto place = places_.find(path); place != places_.end()) return place->second;
  if (binaries_.full() || binary_bytes_ + path.size() > kBinaryBytes) return 0;
  return add_binary(path);
}

void EventCounts::add(const Event& event) {
  const Process* process = event.process.process.get();
  const uint32_t binary = binary_of(process);
  binaries_[binary].events.at(event.payload.index()).add();
  const bool is_own = add_hook(event.payload, binary);
  if (binary == 0 || !is_own) other_.add();
  if (process == nullptr) return;
  if (process->flags == kUnknown) unknown_.add();
  if (std::holds_alternative<ProcessExec>(event.payload)) add_flags(process->flags);
}

bool EventCounts::add_hook(const Payload& payload, uint32_t binary) {
  if (const auto* kprobe = std::get_if<ProcessKprobe>(&payload)) {
    if (kprobe->returned) joined_.add({{}, {}, {}, kprobe->function}, 1);
    return policies_.add({kprobe->policy, "kprobe", {}, kprobe->function}, binary);
  }
  if (const auto* lsm = std::get_if<ProcessLsm>(&payload))
    return policies_.add({lsm->policy, "lsm", {}, lsm->function}, binary);
  const auto* tracepoint = std::get_if<ProcessTracepoint>(&payload);
  if (tracepoint == nullptr) return true;
  bool is_own =
      policies_.add({tracepoint->policy, "tracepoint", tracepoint->subsys, tracepoint->event}, binary);
  if (tracepoint->event == "sys_enter" && tracepoint->subsys == "raw_syscalls") {
    const auto [machine, name] = syscall_of(*tracepoint);
    is_own &= syscalls_.add({{}, {}, machine, name}, binary);
  }
  return is_own;
}

void EventCounts::add_flags(std::string_view flags) {
  for (size_t n = 0, size = flags_.size(); n < size; ++n) {
    if (flags_[n].text == flags) return flags_[n].events.add();
  }
  if (!flags_.full()) flags_.add([&](Flags& added) { added.text = flags; }).events.add();
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
  for (size_t n = 0, size = binaries_.size(); n < size; ++n) {
    for (size_t type = 0; type < kTypes; ++type) {
      const uint64_t events = binaries_[n].events.at(type).get();
      if (events == 0) continue;
      page.add(Metric::events_total, {binaries_[n].path, {}, node_, {}, std::string(kTypeNames.at(type)), {}},
               static_cast<double>(events));
    }
  }
  policies_.show([&](const Subject& subject, uint32_t binary, double events) {
    std::string hook(subject.kind);
    if (!hook.empty()) hook += ':';
    page.add(Metric::policy_events_total,
             {binaries_[binary].path,
              hook + joined_text(subject.group, subject.name),
              {},
              node_,
              {},
              std::string(subject.policy),
              {}},
             events);
  });
  syscalls_.show([&](const Subject& subject, uint32_t binary, double events) {
    page.add(Metric::syscalls_total,
             {binaries_[binary].path, {}, node_, {}, joined_text(subject.group, subject.name), {}}, events);
  });
  joined_.show([&](const Subject& subject, uint32_t, double events) {
    const std::string function(subject.name);
    page.add(Metric::generic_kprobe_merge_total, {function, "exit", function, "enter", "ok"}, events);
  });
  show_flags(page);
  page.add(Metric::events_missing_process_info_total, static_cast<double>(unknown_.get()));
  page.add(Metric::metrics_other_total, static_cast<double>(other_.get()));
}

}  // namespace tripline
