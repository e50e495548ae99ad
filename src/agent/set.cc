// SPDX-License-Identifier: Apache-2.0
#include "agent/set.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <set>
#include <string>

namespace tripline {

void add(tl_counter& sum, const tl_counter& counter) {
  sum.posted += counter.posted;
  sum.lost += counter.lost;
  sum.unposted += counter.unposted;
  sum.signals += counter.signals;
  sum.monitored_signals += counter.monitored_signals;
  sum.overrides += counter.overrides;
  sum.monitored_overrides += counter.monitored_overrides;
  sum.sets += counter.sets;
  sum.monitored_sets += counter.monitored_sets;
  sum.notices += counter.notices;
  sum.monitored_notices += counter.monitored_notices;
  sum.opened += counter.opened;
  sum.returned += counter.returned;
}

tl_counter sum_of(const PartCounts& parts) {
  tl_counter sum{};
  for (const auto& [part, counter] : parts) add(sum, counter);
  return sum;
}

PolicySet::PolicySet(KnownKernel kernel, Host& host, AdmissionOptions admission, Steps steps,
                     Worker::Place prepared)
    : kernel_(std::move(kernel)),
      host_(&host),
      admission_(admission),
      steps_(std::move(steps)),
      book_(host.options().counters),
      worker_(prepared) {}

// --- changes --------------------------------------------------------------------------------------------------------

void PolicySet::request(Change change, Done done) {
  waiting_.push_back({std::move(change), std::move(done)});
}

void PolicySet::request_end(Done done) { waiting_.push_back({std::nullopt, std::move(done)}); }

void PolicySet::advance(Clock::time_point now) {
  worker_.silence();
  collect(now);
  while (step(now)) {
  }
}

std::optional<PolicySet::Clock::time_point> PolicySet::due() const {
  const bool waits = phase_ == Phase::kBefore || phase_ == Phase::kBetween;
  if (waits && !worker_.busy()) return until_;
  if (phase_ == Phase::kIdle && !waiting_.empty()) return Clock::time_point::min();
  return {};
}

// Did anything happen, so that more can?
bool PolicySet::step(Clock::time_point now) {
  switch (phase_) {
    case Phase::kIdle:
      return !waiting_.empty() && begin(now);
    case Phase::kPreparing:
      if (worker_.busy()) return false;
      take_prepared(now);
      return true;
    case Phase::kBefore:
      if (now < until_ || worker_.busy()) return false;
      switch_over(now);
      return true;
    case Phase::kBetween:
      if (now < until_ || worker_.busy()) return false;
      finish(now);
      return true;
    case Phase::kDetaching:
      if (worker_.busy()) return false;
      phase_ = Phase::kIdle;
      return true;
  }
  return false;
}

bool PolicySet::begin(Clock::time_point now) {
  request_ = std::move(waiting_.front());
  waiting_.pop_front();
  result_ = {};
  if (!request_.change) {
    ended_ = true;
    for (const Live& live : live_) host_->set_died(live.claim.numbers.slot, host_->epoch() + 1);
    host_->set_epoch(host_->epoch() + 2);
    wait(Phase::kBetween, true, now);
    return true;
  }
  if (ended_ || kernel_.kernel == nullptr) {
    result_.status = fail("change policies", "", EPERM, "they were declared final");
    answer();
    return true;
  }
  Preparation preparation{.change = std::move(*request_.change),
                          .members = members_,
                          .live = {},
                          .book = book_,
                          .kernel = kernel_,
                          .facts = facts_,
                          .scopes = scopes_,
                          .admission = admission_,
                          .born = host_->epoch() + 2};
  for (const Live& live : live_)
    preparation.live.push_back({live.claim.numbers.slot, live.plan, live.facts, live.scopes});
  const auto given = std::make_shared<Preparation>(std::move(preparation));
  const auto started = worker_.give([this, given](const std::stop_token& stop) {
    prepared_.emplace(prepare(std::move(*given), steps_, *host_, stop));
  });
  if (!started) {
    result_.status = std::unexpected(started.error());
    answer();
    return true;
  }
  phase_ = Phase::kPreparing;
  since_ = now;
  return true;
}

void PolicySet::take_prepared(Clock::time_point now) {
  book_ = std::move(prepared_->book);
  result_ = std::move(prepared_->result);
  for (const double seconds : prepared_->compiled) times_.compile.add(seconds);
  times_.prepare.add(std::chrono::duration<double>(now - std::exchange(since_, now)).count());
  if (!result_.status) return take_failed(now);
  const auto stays = [&](const Live& live) {
    return std::ranges::binary_search(prepared_->staying, live.claim.numbers.slot);
  };
  const auto leaving = std::stable_partition(live_.begin(), live_.end(), stays);
  const bool waits = !prepared_->fresh.empty() && std::any_of(leaving, live_.end(), [](const Live& live) {
    return old_runs_first(live.plan->attachment);
  });
  std::move(leaving, live_.end(), std::back_inserter(leaving_));
  live_.erase(leaving, live_.end());
  wait(Phase::kBefore, waits, now);
}

void PolicySet::take_failed(Clock::time_point now) {
  if (!prepared_->abandoned.empty()) retired_.push_back({now, std::move(prepared_->abandoned), {}});
  prepared_.reset();
  phase_ = Phase::kIdle;
  answer();
}

// The first store. Records of the new programs can be there the moment after.
void PolicySet::switch_over(Clock::time_point now) {
  for (Live& live : prepared_->fresh) {
    for (auto& [owner, layout] : std::exchange(live.layouts, {})) {
      owners_.emplace(layout.id, owner);
      schemas_.add(std::move(layout));
    }
    live_.push_back(std::move(live));
  }
  adopt_members(std::move(prepared_->members));
  kernel_ = std::move(prepared_->kernel);
  old_facts_ = std::exchange(facts_, std::move(prepared_->facts));
  old_scopes_ = std::exchange(scopes_, std::move(prepared_->scopes));
  name_heirs();
  if (write_manifest_) write_manifest_(manifest());
  const uint32_t next = host_->epoch() + 2;
  for (const Live& old : leaving_) {
    const bool followed = std::ranges::binary_search(prepared_->followed, old.claim.numbers.slot);
    host_->set_died(old.claim.numbers.slot, followed ? next : next - 1);
  }
  host_->set_epoch(next);
  prepared_.reset();
  wait(Phase::kBetween, !leaving_.empty(), now);
}

// `phase` ends when all calls are over that have begun by now, if there is any reason to wait for them. Where there is no
// worker, or the kernel refuses to wait, kHandOver must do.
void PolicySet::wait(Phase phase, bool for_calls, Clock::time_point now) {
  phase_ = phase;
  until_ = for_calls ? now + kHandOver : now;
  if (for_calls) (void)worker_.give([this](const std::stop_token&) { (void)steps_.wait_for_calls(); });
}

void PolicySet::adopt_members(std::vector<Member> members) {
  const std::vector<Member> before = std::exchange(members_, std::move(members));
  ++changes_;
  std::set<Generation> here;
  for (const Member& member : members_) here.insert(member.id.generation);
  for (const Member& member : before) {
    if (here.contains(member.id.generation)) continue;
    modes_.push_back(member.mode);
    if (const auto past = past_.extract(member.id.generation)) add(gone_, sum_of(past.mapped()));
  }
  std::erase_if(book_.pairs, [&](const auto& pair) { return !here.contains(pair.first.first); });
}

// The second store.
void PolicySet::finish(Clock::time_point now) {
  host_->set_epoch(host_->epoch() + 1);
  if (!ended_) times_.swap.add(std::chrono::duration<double>(now - since_).count());
  beside_ = false;
  for (Left& left : left_) std::ranges::move(std::exchange(left.modes, {}), std::back_inserter(modes_));
  for (const uint32_t counter : std::exchange(left_counters_, {})) book_.counters.put(counter, 1);
  Retired retired{now, {}, std::exchange(modes_, {})};
  for (Live& live : leaving_) retired.claims.push_back(std::move(live.claim));
  if (!retired.claims.empty() || !retired.modes.empty()) retired_.push_back(std::move(retired));
  phase_ = Phase::kIdle;
  detach();
  answer();
}

// To detach a program takes the kernel some time, and hundreds of them take a second and more.
void PolicySet::detach() {
  struct Leaving {
    std::vector<Live> programs;
    FactsPtr facts;
    ScopesPtr scopes;
    Programs left_facts;
  };
  const auto leaving =
      std::make_shared<Leaving>(std::exchange(leaving_, {}), std::exchange(old_facts_, nullptr),
                                std::exchange(old_scopes_, nullptr), Programs());
  std::swap(leaving->left_facts, left_facts_);
  const bool has_facts =
      (leaving->facts != nullptr && leaving->facts != facts_) || !leaving->left_facts.pins().empty();
  const bool has_scopes = leaving->scopes != nullptr && leaving->scopes != scopes_;
  if (leaving->programs.empty() && !has_facts && !has_scopes) return;
  // Without a worker it is done here and now, when `leaving` goes.
  if (worker_.give([leaving](const std::stop_token&) { *leaving = {}; })) phase_ = Phase::kDetaching;
}

void PolicySet::answer() {
  ++(result_.status ? times_.done : times_.failed);
  const Done done = std::exchange(request_, {}).done;
  if (done) done(std::move(result_));
}

void PolicySet::collect(Clock::time_point now) {
  if (phase_ == Phase::kPreparing) return;  // the book is away
  const size_t before = retired_.size();
  while (!retired_.empty() && now - retired_.front().since >= kQuarantine) {
    for (const Claim& claim : retired_.front().claims) {
      for (const auto& [owner, part, counter] : claim.owned) {
        const auto value = host_->counter(counter);
        if (!value) continue;
        if (owner >= kLeft)
          count_for_left(owner, part, *value);
        else
          add(find(owner) != nullptr ? past_[owner][part] : gone_, *value);
      }
      for (const uint32_t schema : claim.schemas) {
        schemas_.remove(schema);
        owners_.erase(schema);
      }
      drop_claim(book_, claim);
    }
    for (const uint32_t mode : retired_.front().modes) book_.modes.put(mode, 1);
    retired_.pop_front();
  }
  // The counters can be used again.
  if (write_manifest_ && retired_.size() < before) write_manifest_(manifest());
}

std::shared_ptr<const Kernel> PolicySet::settle() {
  worker_.rest();
  return std::exchange(kernel_, {}).kernel;
}

Result<void> PolicySet::set_enforces(const PolicyName& name, bool enforces) {
  const std::string operation = "set the mode of policy";
  const Member* member = find(name);
  if (member == nullptr) return fail(operation, shown(name), ENOENT);
  if (!member->enabled) return fail(operation, shown(name), EINVAL, "it is disabled");
  if (!has_mode(*member->policy)) return fail(operation, shown(name), EINVAL, "it has no programs");
  if (member->policy->monitor_only && enforces)
    return fail(operation, shown(name), EINVAL, "none of its actions enforces anything");
  host_->set_enforces(member->mode, enforces);
  return {};
}

// --- what is known of policies --------------------------------------------------------------------------------------

const Member* PolicySet::find(const PolicyName& name) const {
  const auto found = std::ranges::find(members_, name, [](const Member& member) { return member.id.name; });
  return found == members_.end() ? nullptr : &*found;
}

const Member* PolicySet::find(Generation generation) const {
  const auto found =
      std::ranges::find(members_, generation, [](const Member& member) { return member.id.generation; });
  return found == members_.end() ? nullptr : &*found;
}

Generation PolicySet::owner(uint32_t schema) const {
  const auto found = owners_.find(schema);
  return found == owners_.end() ? 0 : found->second;
}

std::vector<const Claim*> PolicySet::claims() const {
  std::vector<const Claim*> out;
  for (const auto* programs : {&live_, &leaving_}) {
    for (const Live& live : *programs) out.push_back(&live.claim);
  }
  for (const Retired& old : retired_) {
    for (const Claim& claim : old.claims) out.push_back(&claim);
  }
  return out;
}

template <typename Add>
Result<void> PolicySet::read_counts(const Add& add) const {
  for (const Claim* claim : claims()) {
    for (const OwnedCounter& owned : claim->owned) {
      if (const Result<void> read = add(owned); !read) return read;
    }
  }
  return {};
}

Result<PartCounts> PolicySet::part_counts(Generation policy) const {
  PartCounts parts;
  if (const auto past = past_.find(policy); past != past_.end()) parts = past->second;
  const auto read = read_counts([&](const OwnedCounter& owned) -> Result<void> {
    if (owned.policy != policy) return {};
    const Result<tl_counter> value = host_->counter(owned.counter);
    if (!value) return std::unexpected(value.error());
    add(parts[owned.part], *value);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return parts;
}

Result<std::map<Generation, PartCounts>> PolicySet::all_counts() const {
  std::map<Generation, PartCounts> all = past_;
  const auto read = read_counts([&](const OwnedCounter& owned) -> Result<void> {
    if (owned.policy >= kLeft) return {};
    const Result<tl_counter> value = host_->counter(owned.counter);
    if (!value) return std::unexpected(value.error());
    add(all[owned.policy][owned.part], *value);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return all;
}

Result<tl_counter> PolicySet::counts(Generation policy) const {
  const Result<PartCounts> parts = part_counts(policy);
  if (!parts) return std::unexpected(parts.error());
  return sum_of(*parts);
}

uint64_t PolicySet::notes_of(Generation policy, const std::map<uint32_t, uint64_t>& notes) const {
  uint64_t sum = 0;
  for (const auto& [hook, pair] : book_.pairs) {
    const auto found = notes.find(pair);
    if (hook.first == policy && found != notes.end()) sum += found->second;
  }
  return sum;
}

uint64_t PolicySet::memory(Generation policy) const {
  uint64_t bytes = 0;
  for (const Live& live : live_) {
    const bool is_its = std::ranges::any_of(
        live.claim.owned, [policy](const OwnedCounter& counter) { return counter.policy == policy; });
    const bool enforces =
        std::ranges::find(live.plan->enforced, policy, &EnforcedCall::id) != live.plan->enforced.end();
    if (is_its || enforces) bytes += live.programs.memory();
  }
  return bytes;
}

Result<std::vector<OwnedProgram>> PolicySet::programs() const {
  std::vector<OwnedProgram> out;
  const auto take = [&out](const Programs& programs, std::vector<std::pair<Generation, HookKind>> owners) {
    Result<std::vector<ProgramFacts>> facts = programs.facts();
    if (!facts) return Result<void>(std::unexpected(facts.error()));
    for (ProgramFacts& each : *facts) out.push_back({std::move(each), owners});
    return Result<void>();
  };
  for (const Live& live : live_) {
    std::set<std::pair<Generation, HookKind>> owners;
    for (const OwnedCounter& owned : live.claim.owned) owners.emplace(owned.policy, owned.part.kind);
    if (auto taken = take(live.programs, {owners.begin(), owners.end()}); !taken)
      return std::unexpected(taken.error());
  }
  if (!facts_) return out;
  for (const Programs& programs : facts_->programs) {
    if (auto taken = take(programs, {}); !taken) return std::unexpected(taken.error());
  }
  return out;
}

}  // namespace tripline
