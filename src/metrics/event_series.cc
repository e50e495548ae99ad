// SPDX-License-Identifier: Apache-2.0
#include "metrics/event_series.h"

#include <functional>
#include <optional>
#include <utility>

#include "base/syscalls.h"

namespace tripline {
namespace {

// In the order of Payload.
constexpr std::array<std::string_view, std::variant_size_v<Payload>> kTypeNames = {
    "PROCESS_EXEC",   "PROCESS_EXIT", "PROCESS_KPROBE", "PROCESS_TRACEPOINT", "PROCESS_LSM",
    "PROCESS_UPROBE", "PROCESS_USDT", "PROCESS_LOADER", "PROCESS_THROTTLE"};
static_assert(!kTypeNames.back().empty());

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
  if (call == nullptr) return {{}, "unknown"};
  return {machine, call->name};
}

std::optional<CountSubject> hook_of(const Payload& payload) {
  if (const auto* kprobe = std::get_if<ProcessKprobe>(&payload))
    return CountSubject{kprobe->policy, "kprobe", {}, kprobe->function};
  if (const auto* tracepoint = std::get_if<ProcessTracepoint>(&payload))
    return CountSubject{tracepoint->policy, "tracepoint", tracepoint->subsys, tracepoint->event};
  if (const auto* lsm = std::get_if<ProcessLsm>(&payload))
    return CountSubject{lsm->policy, "lsm", {}, lsm->function};
  if (const auto* uprobe = std::get_if<ProcessUprobe>(&payload))
    return CountSubject{uprobe->policy, "uprobe", uprobe->path, uprobe->symbol};
  if (const auto* usdt = std::get_if<ProcessUsdt>(&payload))
    return CountSubject{usdt->policy, "usdt", usdt->provider, usdt->name};
  return {};
}

void take(size_t& room, size_t& left, size_t size) {
  room -= size;
  left -= size;
}

std::string joined_text(std::string_view group, std::string_view name) {
  std::string out(group);
  if (!group.empty()) out += '/';
  return out.append(name);
}

}  // namespace

std::string_view event_type_name(size_t kind) { return kTypeNames.at(kind); }

size_t CountTable::KeyHash::operator()(const Key& key) const {
  constexpr std::hash<std::string_view> kHash;
  constexpr size_t kOdd = 0x9E3779B97F4A7C15;
  size_t out = key.binary;
  for (const std::string_view text : {key.subject.policy, key.subject.group, key.subject.name})
    out = (out ^ (text.empty() ? 0 : kHash(text))) * kOdd;
  return out;
}

Count* CountTable::find(const Key& key) {
  const auto place = places_.find(key);
  return place == places_.end() ? nullptr : place->second;
}

Count& CountTable::begin(const Key& key) {
  Series& added = series_.add([&key](Series& series) {
    series.texts = {std::string(key.subject.policy), std::string(key.subject.kind),
                    std::string(key.subject.group), std::string(key.subject.name)};
    series.key = {{series.texts[0], series.texts[1], series.texts[2], series.texts[3]}, key.binary};
  });
  places_.emplace(added.key, &added.events);
  return added.events;
}

bool CountTable::add(const CountSubject& subject, uint32_t binary, std::string_view path, TableRoom& room) {
  Key key{subject, binary};
  if (Count* count = find(key)) {
    count->add();
    return binary != 0;
  }
  const size_t size = subject.policy.size() + subject.group.size() + subject.name.size();
  if (binary != 0 && room.series > 0 && room.bytes >= size + path.size()) {
    take(room.series, left_.series, 1);
    take(room.bytes, left_.bytes, size + path.size());
    begin(key).add();
    return true;
  }
  key.binary = 0;
  Count* count = find(key);
  if (count == nullptr && room.others > 0 && room.other_bytes >= size) {
    take(room.others, left_.others, 1);
    take(room.other_bytes, left_.other_bytes, size);
    count = &begin(key);
  }
  if (count == nullptr) {
    key.subject = {kOtherLabel, {}, {}, kOtherLabel};
    count = find(key);
    if (count == nullptr) count = &begin(key);
  }
  count->add();
  return false;
}

void CountTable::give_back(TableRoom& room) const {
  room.series += TableRoom::kSeries - left_.series;
  room.bytes += TableRoom::kBytes - left_.bytes;
  room.others += TableRoom::kOtherSeries - left_.others;
  room.other_bytes += TableRoom::kOtherBytes - left_.other_bytes;
}

EventSeries::EventSeries(SeriesLabels labels, bool by_binary, SeriesRoom& room)
    : labels_(std::move(labels)), by_binary_(by_binary), room_(room) {
  add_binary(kOtherLabel);
  add_binary({});
  binary_bytes_ = 0;
}

void EventSeries::give_back() {
  room_.binaries += binaries_.size() - 2;
  room_.binary_bytes += binary_bytes_;
  policies_.give_back(room_.policies);
  syscalls_.give_back(room_.syscalls);
}

uint32_t EventSeries::add_binary(std::string_view path) {
  const auto number = static_cast<uint32_t>(binaries_.size());
  const Binary& added = binaries_.add([&](Binary& binary) { binary.path = path; });
  binary_bytes_ += path.size();
  places_.emplace(added.path, number);
  return number;
}

uint32_t EventSeries::binary_of(const Process* process) {
  const std::string_view path =
      process == nullptr || !by_binary_ ? std::string_view() : std::string_view(process->binary);
  if (const auto place = places_.find(path); place != places_.end()) return place->second;
  if (room_.binaries == 0 || path.size() > room_.binary_bytes) return 0;
  --room_.binaries;
  room_.binary_bytes -= path.size();
  return add_binary(path);
}

bool EventSeries::add(const Event& event) {
  const uint32_t binary = binary_of(event.process.process.get());
  binaries_[binary].events.at(event.payload.index()).add();
  return add_hook(event.payload, binary) && binary != 0;
}

bool EventSeries::add_hook(const Payload& payload, uint32_t binary) {
  const std::optional<CountSubject> hook = hook_of(payload);
  if (!hook) return true;
  const std::string_view path = binaries_[binary].path;
  bool is_own = policies_.add(*hook, binary, path, room_.policies);
  const auto* tracepoint = std::get_if<ProcessTracepoint>(&payload);
  if (tracepoint != nullptr && tracepoint->event == "sys_enter" && tracepoint->subsys == "raw_syscalls") {
    const auto [machine, name] = syscall_of(*tracepoint);
    is_own &= syscalls_.add({{}, {}, machine, name}, binary, path, room_.syscalls);
  }
  return is_own;
}

void EventSeries::show(Page& page) const {
  const SeriesLabels& of = labels_;
  for (size_t n = 0, size = binaries_.size(); n < size; ++n) {
    for (size_t type = 0; type < kTypes; ++type) {
      const uint64_t events = binaries_[n].events.at(type).get();
      if (events == 0) continue;
      page.add(
          Metric::events_total,
          {binaries_[n].path, of.name_space, of.node, of.pod, std::string(kTypeNames.at(type)), of.workload},
          static_cast<double>(events));
    }
  }
  policies_.show([&](const CountSubject& subject, uint32_t binary, double events) {
    std::string hook(subject.kind);
    if (!hook.empty()) hook += ':';
    page.add(Metric::policy_events_total,
             {binaries_[binary].path, hook + joined_text(subject.group, subject.name), of.name_space, of.node,
              of.pod, std::string(subject.policy), of.workload},
             events);
  });
  syscalls_.show([&](const CountSubject& subject, uint32_t binary, double events) {
    page.add(Metric::syscalls_total,
             {binaries_[binary].path, of.name_space, of.node, of.pod,
              joined_text(subject.group, subject.name), of.workload},
             events);
  });
}

}  // namespace tripline
