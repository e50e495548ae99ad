// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "agent/status.h"
#include "base/syscalls.h"
#include "event/build_id.h"
#include "load/cgroups.h"
#include "load/procfs.h"
#include "pods/cgroup_containers.h"
#include "pods/container_id.h"

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
  out.container = container_in_lines(entry.cgroups);
  out.kernel_thread = std::move(entry.kernel_thread);
  return out;
}

StackSources stack_sources(const std::string& proc) {
  return {[proc] { return read_kernel_symbols(proc); },
          [proc](uint32_t tgid) { return read_maps(tgid, proc); },
          [proc](uint32_t tgid, const Mapping& mapping, uint64_t offset, size_t size) {
            return read_mapped_file(tgid, mapping.start, mapping.end, offset, size, proc);
          }};
}

// Every policy comes into force for those that it is about.
Steps with_scopes(Steps steps, Workloads& workloads) {
  if (!steps.scopes) {
    steps.scopes = [&workloads](const ScopeNeeds& needs, const ScopesPtr& current, Host& host) {
      return workloads.scopes_for(needs, current, host);
    };
  }
  return steps;
}

// Longest wait between two rounds while a change is waited for.
constexpr std::chrono::milliseconds kPumpWait{200};

// Several programs at one end of a target are copies of one another: what one of them saw was seen. Those at its entry
// and at its return see different things.
std::vector<SkippedCalls> skipped_calls(const std::vector<ProgramFacts>& facts) {
  std::map<std::pair<std::string, Attachment>, uint64_t> least;
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

// What left a notice; `info`: see struct tl_notice.
std::string notifier_name(const CheckedPolicy& policy, uint32_t info) {
  if ((info & TL_NOTICE_HOOK) != 0) {
    const uint32_t hook = info & ~uint32_t{TL_NOTICE_HOOK};
    return hook < policy.hooks.size() ? shown_function(policy.hooks[hook]) : std::string();
  }
  const bool is_32 = (info & kSyscall32) != 0;
  const uint32_t number = info & ~kSyscall32;
  const Syscall* call = is_32 ? find_i386_syscall(number) : find_x64_syscall(number);
  if (call == nullptr) return std::to_string(number);
  return (is_32 ? "i386/" : "") + std::string(call->name);
}

}  // namespace

std::string base_folder(const std::string& folder) { return folder + "/__base__"; }

Fate fate_of(const HookRecord& record, bool is_event) {
  // Of code that was mapped before, nobody is told again.
  if (is_event || record.schema->kind == EventKind::kLoader) return Fate::kDelivered;
  return record.schema->half == Half::kEntry ? Fate::kOpen : Fate::kAlone;
}

bool Losses::any() const {
  return life_lost > 0 || shortened > 0 || unjudged > 0 || unknown > 0 || damaged > 0 || !skipped.empty() ||
         !unloaded.empty() || std::ranges::any_of(policies, [](const PolicyLosses& policy) {
           return policy.counter.lost > 0 || policy.alone > 0 || policy.forgotten > 0 || policy.cut > 0;
         });
}

Agent::Agent(std::shared_ptr<const Kernel> kernel, Host host, AgentOptions options, Sink sink)
    : kernel_(std::move(kernel)),
      host_(std::move(host)),
      workloads_(*options.cgroups),
      set_({kernel_, std::move(options.asked)}, host_, options.admission,
           with_scopes(std::move(options.steps), workloads_)),
      table_(options.process),
      sink_(std::move(sink)),
      waiting_(
          options.process.pod_of && options.process.cache ? options.wait : WaitOptions(),
          [this](Event& event) { return table_.complete(event); },
          [this, told = std::move(options.told_pod_of)](Event& event) {
            if (told) table_.complete(event, told);
          },
          [this](const Event& event) { sink_(event); }),
      wanted_(std::move(options.wanted)),
      latency_(options.latency),
      image_capacity_(options.process.capacity),
      keeping_(std::move(options.keeping)),
      folders_(keeping_.folder) {
  // An event that waits for its pod is asked about when it is whole, as what comes in between is.
  if (options.passes)
    passes_ = [this, passes = std::move(options.passes)](const Event& begun) {
      return !waiting_.passes(begun) || passes(begun);
    };
  if (!keeping_.take_over) return;
  set_.set_manifest_writer([this](Manifest manifest) {
    manifest.version = keeping_.version;
    if (const auto written = write_manifest(base_folder(keeping_.folder), manifest); !written)
      keeping_.report(written.error());
  });
}

void Agent::take_over(const Manifest& left) {
  LeftPrograms programs = tripline::take_over(base_folder(keeping_.left), left, host_);
  taken_over_.version = left.version;
  for (const Programs& hook : programs.hooks) taken_over_.hooks += hook.pins().empty() ? 0 : 1;
  set_.inherit(left, std::move(programs.hooks), std::move(programs.facts));
}

void Agent::leave() {
  pump();
  waiting_.flush();
  set_.leave();
}

Result<std::unique_ptr<Agent>> Agent::start(std::shared_ptr<const Kernel> kernel, AgentOptions options,
                                            Sink sink) {
  options.host.environment = options.process.environment;
  if (!options.cgroups) options.cgroups = find_cgroup_hierarchy(options.proc);
  options.host.controller = options.cgroups->controller;
  options.process.container_of = [containers = std::make_shared<CgroupContainers>(options.cgroups->mount)](
                                     uint64_t cgroup) { return containers->container_of(cgroup); };
  if (!options.keeping.folder.empty()) {
    options.host.pins = base_folder(options.keeping.folder);
    options.host.pin_maps = options.keeping.take_over;
  }
  Result<LeftBehind> left = std::unexpected(Error{});
  if (!options.keeping.left.empty()) left = find_left_behind(base_folder(options.keeping.left), options.host);
  Result<Host> host = Host::open(*kernel, options.host, left ? std::move(left->maps) : FoundMaps());
  if (!host) return std::unexpected(host.error());
  if (const auto started = host->start_life(); !started) return std::unexpected(started.error());
  Result<std::vector<ProcfsEntry>> found = scan_processes(
      options.proc, {.environment = options.process.environment, .texts = options.process.texts});
  if (!found) return std::unexpected(found.error());
  options.process.wall_offset = wall_offset(CLOCK_MONOTONIC);
  options.process.host_ns = read_namespaces(1, options.proc);
  options.process.build_id = [proc = options.proc](const MappedFile& file) {
    return find_build_id(open_mapped_file(file.tgid, file.path, file.inode, file.bytes, proc));
  };
  options.process.stacks = std::make_shared<StackNamer>(stack_sources(options.proc), options.stack_addresses);
  options.steps.expect_kernel_stacks = [stacks = options.process.stacks] {
    stacks->learn_kernel(static_cast<uint64_t>(now(CLOCK_MONOTONIC)));
  };
  const bool has_left = !options.keeping.left.empty();
  const bool network_actions = options.network_actions;
  std::unique_ptr<Agent> agent(
      new Agent(std::move(kernel), std::move(*host), std::move(options), std::move(sink)));
  if (left) {
    agent->take_over(left->manifest);
  } else if (has_left) {
    agent->taken_over_.refusal = left.error().text();
    agent->set_.stand_beside();
  }
  if (network_actions) agent->network_ = std::make_unique<NetworkActions>();
  std::vector<RunningProcess> processes;
  const int64_t boot_offset = wall_offset(CLOCK_BOOTTIME);
  for (ProcfsEntry& entry : *found) processes.push_back(running(std::move(entry), boot_offset));
  for (Event& event : agent->table_.add_running(processes)) agent->send(event);
  return agent;
}

ChangeResult Agent::perform(Change change) {
  ChangeResult out;
  set_.request(std::move(change), [&out](ChangeResult result) { out = std::move(result); });
  pump();
  return out;
}

void Agent::pump() {
  while (set_.busy()) {
    (void)wait(kPumpWait);
    round();
  }
}

Result<void> Agent::replace(const std::vector<PolicyPtr>& policies) {
  Change change{.everything = true};
  for (const PolicyPtr& policy : policies) change.in.push_back({.document = policy});
  return perform(std::move(change)).status;
}

Result<void> Agent::add(std::span<const PolicyPtr> policies) {
  Change change;
  for (const PolicyPtr& policy : policies) change.in.push_back({.document = policy});
  return perform(std::move(change)).status;
}

Result<bool> Agent::remove(std::string_view policy_namespace, std::string_view name) {
  const PolicyName wanted{{}, std::string(policy_namespace), std::string(name)};
  if (set_.find(wanted) == nullptr) return false;
  Change change;
  change.out.push_back(wanted);
  if (auto done = perform(std::move(change)).status; !done) return std::unexpected(done.error());
  return true;
}

void Agent::post(std::function<void(Agent&)> command) {
  {
    const std::lock_guard lock(posting_);
    posted_.push_back(std::move(command));
  }
  set_.worker().ring();
}

void Agent::carry_out_posted() {
  std::vector<std::function<void(Agent&)>> commands;
  {
    const std::lock_guard lock(posting_);
    commands.swap(posted_);
  }
  for (const auto& command : commands) command(*this);
}

void Agent::settle() {
  pump();
  const std::shared_ptr<const Kernel> known = set_.settle();
  if (known == nullptr) return;
  auto rest = std::make_shared<const Kernel>(without_types(*known));
  host_.use(*rest);
  kernel_ = std::move(rest);
}

void Agent::end() {
  set_.request_end({});
  pump();
  waiting_.flush();
}

std::optional<int> Agent::wait(std::chrono::milliseconds time, std::span<const int> others) {
  if (const auto due = set_.due()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - std::min(*due, Clock::now()));
    time = std::min(time, left);
  }
  std::vector<pollfd> polled;
  for (const int fd : others) polled.push_back({fd, POLLIN, 0});
  polled.push_back({set_.worker().bell(), POLLIN, 0});
  const auto readable = [&]() -> std::optional<int> {
    for (size_t i = 0; i < others.size(); ++i) {
      if (polled[i].revents != 0) return polled[i].fd;
    }
    return {};
  };
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(rested_ - Clock::now());
  if (rest.count() > 0) {
    if (poll(polled.data(), polled.size(), static_cast<int>(std::min(rest, time).count())) > 0)
      return readable();
    time -= std::min(rest, time);
  }
  for (const Ring* ring : {&host_.life(), &host_.events()}) polled.push_back({ring->fd(), POLLIN, 0});
  poll(polled.data(), polled.size(), static_cast<int>(time.count()));
  return readable();
}

// A policy that is gone has none of its own any more.
Agent::Tally& Agent::tally_of(uint32_t schema) {
  const Generation owner = set_.owner(schema);
  if (const auto known = tallies_.find(owner); known != tallies_.end()) return known->second;
  return gone_;
}

void Agent::forget_gone() {
  if (seen_changes_ == set_.changes()) return;
  seen_changes_ = set_.changes();
  std::map<Generation, Tally> kept;
  for (const Member& member : set_.members()) {
    const auto tally = tallies_.extract(member.id.generation);
    kept.emplace(member.id.generation, tally ? tally.mapped() : Tally{});
  }
  folders_.show(set_.members());
  for (const auto& [policy, tally] : std::exchange(tallies_, std::move(kept))) {
    gone_.delivered += tally.delivered;
    gone_.alone += tally.alone;
    gone_.cut += tally.cut;
  }
}

void Agent::count(const HookRecord& record, bool delivered) {
  switch (fate_of(record, delivered)) {
    case Fate::kOpen:
      return;
    case Fate::kDelivered:
      ++tally_of(record.schema->id).delivered;
      return;
    case Fate::kAlone:
      ++tally_of(record.schema->id).alone;
      return;
  }
}

void Agent::deliver(std::span<const std::byte> bytes) {
  Result<Record> record = decode_record(bytes, set_.schemas());
  if (!record) {
    ++damaged_;
    return;
  }
  RecordCounts::Count& count = records_.of(kind_of(*record));
  ++count.records;
  if (!latency_) return handle(*record);
  const Clock::time_point begin = Clock::now();
  handle(*record);
  count.latency.add(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
}

void Agent::handle(Record& record) {
  if (const auto* data = std::get_if<DataRecord>(&record)) {
    records_.data_sizes.add(static_cast<double>(data->bytes.size()));
    data_.add(*data);
    return;
  }
  if (auto* hook = std::get_if<HookRecord>(&record)) {
    const size_t cut = data_.complete(*hook);
    if (cut > 0) tally_of(hook->schema->id).cut += cut;
  }
  deliver(record);
}

void Agent::deliver(const Record& record) {
  if (const auto* throttle = std::get_if<ThrottleRecord>(&record)) {
    if (!throttles_.begin(throttle->cgroup, std::string(throttle->name))) return;
  }
  const auto* hook = std::get_if<HookRecord>(&record);
  if (hook != nullptr && !wanted_() && table_.pass_over(*hook)) return count(*hook, true);
  const ProcessTable::Outcome outcome = table_.consume(record, event_, passes_);
  if (hook != nullptr) count(*hook, outcome != ProcessTable::Outcome::kNone);
  if (outcome != ProcessTable::Outcome::kEvent) return;
  send(event_);
  if (!network_) return;
  for (const Request& request : event_.requests) network_->add(request);
}

void Agent::send(Event& event) {
  if (waiting_.passes(event)) return sink_(event);
  waiting_.take(event, Clock::now());
}

void Agent::end_throttles() {
  constexpr std::chrono::seconds kEach{1};
  if (!throttles_.any() || Clock::now() < throttles_looked_at_ + kEach) return;
  throttles_looked_at_ = Clock::now();
  const auto time = static_cast<uint64_t>(now(CLOCK_MONOTONIC));
  for (std::string& name :
       throttles_.end(time, [this](uint64_t cgroup) { return host_.cgroup_over(cgroup); })) {
    table_.show_unthrottled(event_, std::move(name), time);
    sink_(event_);
  }
}

// More containers came than there is room for: everything that reads the maps gets larger ones.
void Agent::make_room() {
  constexpr std::chrono::seconds kAgain{10};
  if (makes_room_ || !workloads_.wants_room() || Clock::now() < room_made_ + kAgain) return;
  makes_room_ = true;
  set_.request({}, [this](const ChangeResult&) {
    makes_room_ = false;
    room_made_ = Clock::now();
  });
}

size_t Agent::round() {
  carry_out_posted();
  make_room();
  set_.advance();
  forget_gone();
  life_peak_ = std::max(life_peak_, host_.life().used());
  events_peak_ = std::max(events_peak_, host_.events().used());
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
  end_throttles();
  if (!waiting_.empty() || has_news_of_pods_) {
    const bool has_news = std::exchange(has_news_of_pods_, false) && table_.add_pods();
    waiting_.round(Clock::now(), has_news);
  }
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
    const Result<tl_counter> now = set_.counts(one.id.generation);
    if (!now) return std::unexpected(now.error());
    const uint64_t found = now->returned + set_.notes_of(one.id.generation, *notes);
    if (one.counter.opened > found) one.forgotten = one.counter.opened - found;
  }
  return {};
}

Result<std::vector<PolicyStatus>> Agent::status() const {
  const auto counts = set_.all_counts();
  if (!counts) return std::unexpected(counts.error());
  auto inherited = set_.inherited();
  std::vector<PolicyStatus> out;
  for (const Member& member : set_.members()) {
    PartCounts& all = inherited[member.id.generation];
    if (const auto own = counts->find(member.id.generation); own != counts->end())
      for (const auto& [part, counter] : own->second) tripline::add(all[part], counter);
    out.push_back(status_of(member, set_.enforces(member), all));
    out.back().kernel_memory = set_.memory(member.id.generation);
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
  const auto of_life = host_.life_facts();
  if (!of_life) return std::unexpected(of_life.error());
  const auto programs = set_.programs();
  if (!programs) return std::unexpected(programs.error());
  std::vector<ProgramFacts> of_set;
  for (const OwnedProgram& program : *programs) of_set.push_back(program.facts);
  for (const auto* facts : {&*of_life, &std::as_const(of_set)}) {
    for (auto& skipped : skipped_calls(*facts)) losses.skipped.push_back(std::move(skipped));
    for (const ProgramFacts& program : *facts) {
      if (program.module_gone) losses.unloaded.push_back(program.target);
    }
  }
  const auto counts = set_.all_counts();
  if (!counts) return std::unexpected(counts.error());
  PolicyLosses gone;
  gone.counter = set_.forgotten();
  for (const auto& [policy, parts] : *counts) {
    if (set_.find(policy) == nullptr) tripline::add(gone.counter, sum_of(parts));
  }
  const auto tell = [](const Tally& tally, PolicyLosses& one) {
    one.delivered = tally.delivered;
    one.alone = tally.alone;
    one.cut = tally.cut;
  };
  tell(gone_, gone);
  for (const Member& member : set_.members()) {
    PolicyLosses& one = losses.policies.emplace_back();
    one.id = member.id;
    one.policy = member.policy;
    if (const auto own = counts->find(member.id.generation); own != counts->end())
      one.counter = sum_of(own->second);
    if (const auto tally = tallies_.find(member.id.generation); tally != tallies_.end())
      tell(tally->second, one);
  }
  if (const auto found = find_forgotten(losses.policies); !found) return std::unexpected(found.error());
  if (network_) losses.network = network_->counts();
  if (gone.counter.posted + gone.counter.lost > 0) losses.policies.push_back(gone);
  return losses;
}

// Of policies that are gone nothing is told.
Result<std::vector<MissedNotices>> Agent::missed_notices() const {
  const auto all = host_.missed_notices();
  if (!all) return std::unexpected(all.error());
  std::vector<MissedNotices> out;
  for (const Member& member : set_.members()) {
    const uint64_t key = notice_key(*member.policy, member.id.generation);
    for (const auto& [missed, count] : *all) {
      if (missed.policy != key) continue;
      const std::string_view reason = missed.reason == TL_MISSED_NO_ACTION ? "no_action" : "overwritten";
      out.push_back({member.policy->name, notifier_name(*member.policy, missed.info), reason, count});
    }
  }
  return out;
}

Result<AgentFigures> Agent::figures() const {
  AgentFigures out;
  out.records = records_;
  auto missed = missed_notices();
  if (!missed) return std::unexpected(missed.error());
  out.missed = *std::move(missed);
  auto own = host_.life_facts();
  if (!own) return std::unexpected(own.error());
  for (ProgramFacts& program : *own) out.programs.push_back({std::move(program)});
  auto programs = set_.programs();
  if (!programs) return std::unexpected(programs.error());
  std::ranges::move(*programs, std::back_inserter(out.programs));
  out.life = {host_.life().size(), host_.life().used(), life_peak_};
  out.events = {host_.events().size(), host_.events().used(), events_peak_};
  const Book& book = set_.book();
  out.maps = {{TL_MAP_CONTROL, book.slots.taken(), TL_PROGRAMS_MAX},
              {TL_MAP_COUNTERS, book.counters.taken(), host_.options().counters},
              {TL_MAP_ENTRIES, host_.noted_calls(), TL_ENTRIES_MAX}};
  out.changes = set_.times();
  out.images = table_.images();
  out.image_capacity = image_capacity_;
  out.waiting = waiting_.counts();
  out.evicted_images = table_.evicted();
  out.data = data_.counts();
  return out;
}

}  // namespace tripline
