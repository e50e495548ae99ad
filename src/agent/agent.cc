// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <map>
#include <utility>

#include "agent/status.h"
#include "load/procfs.h"

namespace tripline {
namespace {

int64_t now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// What to add to a time of `clock` to get the time since 1970.
int64_t wall_offset(clockid_t clock) { return now(CLOCK_REALTIME) - now(clock); }

RunningProcess running(ProcfsEntry entry, int64_t boot_offset) {
  RunningProcess out;
  out.pid = entry.pid;
  out.parent = entry.parent;
  out.start = entry.start;
  out.start_time = static_cast<int64_t>(entry.start) + boot_offset;
  out.pid_in_ns = entry.pid_in_ns;
  out.ns_level = entry.ns_level;
  out.auid = entry.auid;
  out.cred = entry.cred;
  out.ns = entry.ns;
  out.exe = std::move(entry.exe);
  out.argv = std::move(entry.argv);
  out.argv_cut = entry.argv_cut;
  out.environment = std::move(entry.environment);
  out.environment_cut = entry.environment_cut;
  out.cwd = std::move(entry.cwd);
  out.kernel_thread = std::move(entry.kernel_thread);
  return out;
}

StackSources stack_sources() {
  return {[] { return read_kernel_symbols(); }, [](uint32_t tgid) { return read_maps(tgid); },
          [](uint32_t tgid, const Mapping& mapping, uint64_t offset, size_t size) {
            return read_mapped_file(tgid, mapping.start, mapping.end, offset, size);
          }};
}

// Several programs at one end of a target are copies of one another: what one of them saw was seen. Those at its entry
// and at its return see different things.
std::vector<SkippedCalls> skipped_calls(const std::vector<ProgramFacts>& facts) {
  std::map<std::pair<std::string, AttachType>, uint64_t> least;
  for (const ProgramFacts& program : facts) {
    const auto [entry, is_new] = least.emplace(std::pair{program.target, program.attach}, program.skipped);
    if (!is_new) entry->second = std::min(entry->second, program.skipped);
  }
  std::map<std::string, uint64_t> skipped;
  for (const auto& [end, calls] : least) skipped[end.first] += calls;
  std::vector<SkippedCalls> out;
  for (const auto& [target, calls] : skipped) {
    if (calls > 0) out.push_back({target, calls});
  }
  return out;
}

uint64_t count_of(const std::map<PolicyPtr, uint64_t>& counts, const PolicyPtr& policy) {
  const auto found = counts.find(policy);
  return found == counts.end() ? 0 : found->second;
}

bool is_named(const CheckedPolicy& policy, std::string_view policy_namespace, std::string_view name) {
  return policy.namespace_name == policy_namespace && policy.name == name;
}

}  // namespace

Fate fate_of(const HookRecord& record, bool is_event) {
  if (is_event) return Fate::kDelivered;
  return record.schema->half == Half::kEntry ? Fate::kOpen : Fate::kAlone;
}

bool Losses::any() const {
  return life_lost > 0 || shortened > 0 || unjudged > 0 || unknown > 0 || damaged > 0 || !skipped.empty() ||
         !unloaded.empty() || std::ranges::any_of(policies, [](const PolicyLosses& policy) {
           return policy.counter.lost > 0 || policy.alone > 0 || policy.forgotten > 0 || policy.cut > 0;
         });
}

Agent::Agent(std::shared_ptr<const Kernel> kernel, Host host, ProcessOptions options, Sink sink)
    : kernel_(std::move(kernel)),
      host_(std::move(host)),
      set_(*kernel_, host_),
      table_(std::move(options)),
      sink_(std::move(sink)) {}

Result<std::unique_ptr<Agent>> Agent::start(std::shared_ptr<const Kernel> kernel, AgentOptions options,
                                            Sink sink) {
  options.host.environment = options.process.environment;
  Result<Host> host = Host::open(*kernel, options.host);
  if (!host) return std::unexpected(host.error());
  if (const auto started = host->start_life(); !started) return std::unexpected(started.error());
  Result<std::vector<ProcfsEntry>> found =
      scan_processes("/proc", {.environment = options.process.environment, .texts = options.process.texts});
  if (!found) return std::unexpected(found.error());
  options.process.wall_offset = wall_offset(CLOCK_MONOTONIC);
  options.process.host_ns = read_namespaces(1);
  options.process.stacks = std::make_shared<StackNamer>(stack_sources(), options.stack_addresses);
  std::unique_ptr<Agent> agent(
      new Agent(std::move(kernel), std::move(*host), std::move(options.process), std::move(sink)));
  if (options.network_actions) agent->network_ = std::make_unique<NetworkActions>();
  std::vector<RunningProcess> processes;
  const int64_t boot_offset = wall_offset(CLOCK_BOOTTIME);
  for (ProcfsEntry& entry : *found) processes.push_back(running(std::move(entry), boot_offset));
  for (const Event& event : agent->table_.add_running(processes)) agent->sink_(event);
  return agent;
}

Result<void> Agent::add(std::span<const PolicyPtr> policies) {
  std::vector<PolicyPtr> all = set_.policies();
  for (const PolicyPtr& policy : policies) {
    const bool taken = std::ranges::any_of(
        all, [&](const PolicyPtr& other) { return is_named(*other, policy->namespace_name, policy->name); });
    if (taken) return fail("add policy", policy->name, EEXIST, "there is already one of that name");
    all.push_back(policy);
  }
  return set_.replace(std::move(all));
}

Result<bool> Agent::remove(std::string_view policy_namespace, std::string_view name) {
  std::vector<PolicyPtr> rest;
  std::ranges::copy_if(set_.policies(), std::back_inserter(rest),
                       [&](const PolicyPtr& policy) { return !is_named(*policy, policy_namespace, name); });
  if (rest.size() == set_.policies().size()) return false;
  if (const auto replaced = set_.replace(std::move(rest)); !replaced)
    return std::unexpected(replaced.error());
  return true;
}

void Agent::settle() {
  set_.settle();
  auto rest = std::make_shared<const Kernel>(without_types(*kernel_));
  host_.use(*rest);
  kernel_ = std::move(rest);
}

std::optional<int> Agent::wait(std::chrono::milliseconds time, std::span<const int> others) {
  std::vector<pollfd> polled;
  for (const int fd : others) polled.push_back({fd, POLLIN, 0});
  const auto readable = [&]() -> std::optional<int> {
    for (size_t i = 0; i < others.size(); ++i) {
      if (polled[i].revents != 0) return polled[i].fd;
    }
    return {};
  };
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(rested_ - Clock::now());
  if (rest.count() > 0) {
    poll(polled.data(), polled.size(), static_cast<int>(std::min(rest, time).count()));
    if (const auto fd = readable()) return fd;
    time -= std::min(rest, time);
  }
  for (const Ring* ring : {&host_.life(), &host_.events()}) polled.push_back({ring->fd(), POLLIN, 0});
  poll(polled.data(), polled.size(), static_cast<int>(time.count()));
  return readable();
}

void Agent::count(const HookRecord& record, bool delivered) {
  switch (fate_of(record, delivered)) {
    case Fate::kOpen:
      return;
    case Fate::kDelivered:
      ++delivered_[set_.owner(record.schema->id)];
      return;
    case Fate::kAlone:
      ++alone_[set_.owner(record.schema->id)];
      return;
  }
}

void Agent::deliver(std::span<const std::byte> bytes) {
  Result<Record> record = decode_record(bytes, set_.schemas());
  if (!record) {
    ++damaged_;
    return;
  }
  if (const auto* data = std::get_if<DataRecord>(&*record)) {
    data_.add(*data);
    return;
  }
  if (auto* hook = std::get_if<HookRecord>(&*record)) {
    const size_t cut = data_.complete(*hook);
    if (cut > 0) cut_[set_.owner(hook->schema->id)] += cut;
  }
  deliver(*record);
}

void Agent::deliver(const Record& record) {
  const bool is_event = table_.consume(record, event_);
  if (const auto* hook = std::get_if<HookRecord>(&record)) count(*hook, is_event);
  if (!is_event) return;
  sink_(event_);
  if (!network_) return;
  for (const Request& request : event_.requests) network_->add(request);
}

size_t Agent::round() {
  set_.collect();
  const auto drain = [](Ring& ring) {
    return [&ring](std::vector<RawRecord>& records) {
      ring.read([&](std::span<const std::byte> bytes, uint64_t end) { records.push_back({bytes, end}); });
    };
  };
  const size_t count =
      merge_.round(drain(host_.life()), drain(host_.events()), [this](const RawRecord& record, Lane lane) {
        deliver(record.bytes);
        (lane == Lane::kLife ? host_.life() : host_.events()).release(record.end);
      });
  rested_ = Clock::now() + kRest;
  return count;
}

// What was opened was read first, what returned is read last, and a note only ever goes from among those that are there
// to what returned: what is missing then was forgotten.
Result<void> Agent::find_forgotten(std::vector<PolicyLosses>& losses) const {
  const auto waits = [](const PolicyLosses& one) { return one.counter.opened > one.counter.returned; };
  if (std::ranges::none_of(losses, waits)) return {};
  const auto notes = host_.open_calls();
  if (!notes) return std::unexpected(notes.error());
  for (PolicyLosses& one : losses) {
    if (!waits(one)) continue;
    const Result<tl_counter> now = set_.counts(one.policy);
    if (!now) return std::unexpected(now.error());
    const uint64_t found = now->returned + set_.notes_of(one.policy, *notes);
    if (one.counter.opened > found) one.forgotten = one.counter.opened - found;
  }
  return {};
}

Result<std::vector<PolicyStatus>> Agent::status() const {
  std::vector<PolicyStatus> out;
  for (const PolicyPtr& policy : set_.policies()) {
    const Result<PartCounts> counts = set_.part_counts(policy);
    if (!counts) return std::unexpected(counts.error());
    out.push_back(status_of(*policy, *counts));
  }
  return out;
}

Result<Losses> Agent::losses() const {
  Losses losses;
  losses.damaged = damaged_;
  losses.shortened = table_.shortened();
  const Result<tl_life_counter> life = host_.life_counter();
  if (!life) return std::unexpected(life.error());
  losses.life_lost = life->lost;
  losses.unjudged = life->unjudged;
  losses.unknown = life->unknown;
  for (const auto& facts : {host_.life_facts(), set_.facts()}) {
    if (!facts) return std::unexpected(facts.error());
    for (auto& skipped : skipped_calls(*facts)) losses.skipped.push_back(std::move(skipped));
    for (const ProgramFacts& program : *facts) {
      if (program.module_gone) losses.unloaded.push_back(program.target);
    }
  }
  PolicyLosses gone;
  const Result<tl_counter> gone_counter = set_.counts_of_gone();
  if (!gone_counter) return std::unexpected(gone_counter.error());
  gone.counter = *gone_counter;
  for (const auto& [policy, count] : delivered_) gone.delivered += count;
  for (const auto& [policy, count] : alone_) gone.alone += count;
  for (const auto& [policy, count] : cut_) gone.cut += count;
  for (const PolicyPtr& policy : set_.policies()) {
    const Result<tl_counter> counter = set_.counts(policy);
    if (!counter) return std::unexpected(counter.error());
    losses.policies.push_back({.policy = policy,
                               .counter = *counter,
                               .delivered = count_of(delivered_, policy),
                               .alone = count_of(alone_, policy),
                               .cut = count_of(cut_, policy)});
    gone.delivered -= losses.policies.back().delivered;
    gone.alone -= losses.policies.back().alone;
    gone.cut -= losses.policies.back().cut;
  }
  if (const auto found = find_forgotten(losses.policies); !found) return std::unexpected(found.error());
  if (network_) losses.network = network_->counts();
  if (gone.counter.posted + gone.counter.lost > 0) losses.policies.push_back(gone);
  return losses;
}

}  // namespace tripline
