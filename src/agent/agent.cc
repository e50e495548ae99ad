// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <map>
#include <utility>

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
  out.cwd = std::move(entry.cwd);
  out.kernel_thread = std::move(entry.kernel_thread);
  return out;
}

// Several programs of one target are copies of one another: what one of them saw was seen.
std::vector<SkippedCalls> skipped_calls(const std::vector<ProgramFacts>& facts) {
  std::map<std::string, uint64_t> least;
  for (const ProgramFacts& program : facts) {
    const auto [entry, is_new] = least.emplace(program.target, program.skipped);
    if (!is_new) entry->second = std::min(entry->second, program.skipped);
  }
  std::vector<SkippedCalls> out;
  for (const auto& [target, calls] : least) {
    if (calls > 0) out.push_back({target, calls});
  }
  return out;
}

bool is_named(const CheckedPolicy& policy, std::string_view policy_namespace, std::string_view name) {
  return policy.namespace_name == policy_namespace && policy.name == name;
}

}  // namespace

bool Losses::any() const {
  return life_lost > 0 || unjudged > 0 || damaged > 0 || !skipped.empty() ||
         std::ranges::any_of(policies, [](const PolicyLosses& policy) { return policy.counter.lost > 0; });
}

Agent::Agent(std::shared_ptr<const Kernel> kernel, Host host, ProcessOptions options, Sink sink)
    : kernel_(std::move(kernel)),
      host_(std::move(host)),
      set_(*kernel_, host_),
      table_(std::move(options)),
      sink_(std::move(sink)) {}

Result<std::unique_ptr<Agent>> Agent::start(std::shared_ptr<const Kernel> kernel, AgentOptions options,
                                            Sink sink) {
  Result<Host> host = Host::open(*kernel, options.host);
  if (!host) return std::unexpected(host.error());
  if (const auto started = host->start_life(); !started) return std::unexpected(started.error());
  Result<std::vector<ProcfsEntry>> found = scan_processes();
  if (!found) return std::unexpected(found.error());
  options.process.wall_offset = wall_offset(CLOCK_MONOTONIC);
  options.process.host_ns = read_namespaces(1);
  std::unique_ptr<Agent> agent(
      new Agent(std::move(kernel), std::move(*host), std::move(options.process), std::move(sink)));
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
    if (taken) return fail("add policy", policy->name, EEXIST, "there is one of that name");
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

std::optional<int> Agent::wait(std::chrono::milliseconds time, std::span<const int> others) {
  std::vector<pollfd> polled = {{host_.life().fd(), POLLIN, 0}, {host_.events().fd(), POLLIN, 0}};
  for (const int fd : others) polled.push_back({fd, POLLIN, 0});
  if (poll(polled.data(), polled.size(), static_cast<int>(time.count())) <= 0) return {};
  for (size_t i = 2; i < polled.size(); ++i) {
    if (polled[i].revents != 0) return polled[i].fd;
  }
  return {};
}

std::vector<Record> Agent::read(Ring& ring) {
  std::vector<Record> records;
  ring.drain([&](std::span<const std::byte> bytes) {
    Result<Record> record = decode_record(bytes, set_.schemas());
    if (record) {
      records.push_back(std::move(*record));
    } else {
      ++damaged_;
    }
  });
  return records;
}

void Agent::deliver(const std::vector<Record>& records) {
  for (const Record& record : records) {
    const std::optional<Event> event = table_.consume(record);
    if (!event) continue;
    if (const auto* hook = std::get_if<HookRecord>(&record)) ++delivered_[set_.owner(hook->schema->id)];
    sink_(*event);
  }
}

size_t Agent::round() {
  set_.collect();
  std::vector<Record> life1 = read(host_.life());
  std::vector<Record> policy = read(host_.events());
  std::vector<Record> life2 = read(host_.life());
  const size_t count = life1.size() + policy.size() + life2.size();
  deliver(merge_.round(std::move(life1), std::move(policy), std::move(life2)));
  return count;
}

Result<Losses> Agent::losses() const {
  Losses losses;
  losses.damaged = damaged_;
  const Result<tl_life_counter> life = host_.life_counter();
  if (!life) return std::unexpected(life.error());
  losses.life_lost = life->lost;
  losses.unjudged = life->unjudged;
  for (const auto& facts : {host_.life_facts(), set_.facts()}) {
    if (!facts) return std::unexpected(facts.error());
    for (auto& skipped : skipped_calls(*facts)) losses.skipped.push_back(std::move(skipped));
  }
  PolicyLosses gone;
  const Result<tl_counter> gone_counter = set_.counts_of_gone();
  if (!gone_counter) return std::unexpected(gone_counter.error());
  gone.counter = *gone_counter;
  for (const auto& [policy, count] : delivered_) gone.delivered += count;
  for (const PolicyPtr& policy : set_.policies()) {
    const Result<tl_counter> counter = set_.counts(policy);
    if (!counter) return std::unexpected(counter.error());
    const auto delivered = delivered_.find(policy);
    losses.policies.push_back({policy, *counter, delivered == delivered_.end() ? 0 : delivered->second});
    gone.delivered -= losses.policies.back().delivered;
  }
  if (gone.counter.posted + gone.counter.lost > 0) losses.policies.push_back(gone);
  return losses;
}

}  // namespace tripline
