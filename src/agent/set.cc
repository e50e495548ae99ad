// SPDX-License-Identifier: Apache-2.0
#include "agent/set.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <thread>

namespace tripline {
namespace {

bool same_hook(const HookPlan& a, const HookPlan& b) {
  return a.attachment == b.attachment && a.target == b.target;
}

// The same sections of the same policies in the same order: nothing to compile anew.
bool same_plan(const HookPlan& a, const HookPlan& b) {
  return same_hook(a, b) && std::ranges::equal(a.sections, b.sections, [](const auto& x, const auto& y) {
           return x.policy == y.policy && x.hook == y.hook;
         });
}

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
  sum.opened += counter.opened;
  sum.returned += counter.returned;
}

tl_counter sum_of(const PartCounts& parts) {
  tl_counter sum{};
  for (const auto& [part, counter] : parts) add(sum, counter);
  return sum;
}

}  // namespace

std::optional<uint32_t> PolicySet::Numbers::take(uint32_t count) {
  const auto size = static_cast<uint32_t>(used_.size());
  if (count > size) return {};
  uint32_t free = 0;  // neighbours found free so far
  // Twice around less one: a run can begin just before where the search began.
  for (uint32_t step = 0; step < size + count; ++step) {
    const uint32_t at = (next_ + step) % size;
    if (at == 0) free = 0;  // runs do not wrap
    free = used_[at] ? 0 : free + 1;
    if (free < count) continue;
    const uint32_t first = at + 1 - count;
    std::fill_n(used_.begin() + first, count, true);
    next_ = (at + 1) % size;
    return first;
  }
  return {};
}

void PolicySet::Numbers::put(uint32_t first, uint32_t count) {
  std::fill_n(used_.begin() + first, count, false);
}

Result<PolicySet::Claim> PolicySet::make_claim(const HookPlan& plan) {
  Claim claim;
  claim.counters = counters_of(plan);
  const auto slot = slots_.take(1);
  if (!slot) return fail("load program for", short_name(plan.target), 0, "too many programs at once");
  const auto counter = counters_.take(claim.counters);
  if (!counter) {
    slots_.put(*slot, 1);
    return fail("load program for", short_name(plan.target), 0, "too many selectors at once");
  }
  claim.numbers = {*slot, next_epoch(), next_schema_, *counter, {}};
  for (const HookSection& section : plan.sections) {
    const auto [pair, is_new] = pairs_.try_emplace({section.policy, section.hook}, next_pair_);
    if (is_new) next_pair_ += schemas_of_section(plan);
    claim.numbers.pairs.push_back(pair->second);
  }
  next_schema_ += static_cast<uint32_t>(plan.sections.size()) * schemas_of_section(plan);
  return claim;
}

void PolicySet::drop_claim(const Claim& claim) {
  for (const uint32_t schema : claim.schemas) {
    schemas_.remove(schema);
    owners_.erase(schema);
  }
  slots_.put(claim.numbers.slot, 1);
  counters_.put(claim.numbers.first_counter, claim.counters);
}

uint32_t PolicySet::next_epoch() const { return host_->epoch() + 2; }

void PolicySet::retire(Claim claim, Clock::time_point now) { retired_.push_back({now, std::move(claim)}); }

bool PolicySet::in_force(const PolicyPtr& policy) const {
  return std::ranges::find(policies_, policy) != policies_.end();
}

// Compiles, loads and attaches the program of one hook, inert.
Result<PolicySet::Live> PolicySet::bring_up(HookPlan plan, const FactsPtr& facts, Clock::time_point now) {
  Result<Claim> claim = make_claim(plan);
  if (!claim) return std::unexpected(claim.error());
  const auto give_up = [&](const Error& error) {
    host_->set_died(claim->numbers.slot, 0);
    retire(std::move(*claim), now);
    return std::unexpected(error);
  };
  for (uint32_t i = 0; i < claim->counters; ++i) {
    if (const auto reset = host_->reset_counter(claim->numbers.first_counter + i); !reset)
      return give_up(reset.error());
  }
  const bool asks = facts && facts_of({&plan, 1}).any();
  if (asks) claim->numbers.facts = facts->table;
  Result<Object> object = compile(plan, *kernel_, claim->numbers);
  if (!object) return give_up(object.error());
  Result<Programs> programs = host_->load(*object, asks ? facts->maps.get() : nullptr);
  if (!programs) return give_up(programs.error());
  if (const auto attached = programs->attach(); !attached) return give_up(attached.error());
  for (size_t n = 0; n < object->schemas.size(); ++n) {
    Schema& schema = object->schemas[n];
    const HookSection& section = plan.sections[n / schemas_of_section(plan)];
    const PolicyPtr& owner = section.policy;
    if (n % schemas_of_section(plan) == 0) {
      PolicyPart part{section.section().kind, section.section().index, 0, is_return(plan.attachment)};
      for (const SelectorInfo& selector : schema.selectors) {
        claim->owned.push_back({owner, part, selector.counter});
        ++part.selector;
      }
    }
    claim->schemas.push_back(schema.id);
    owners_.emplace(schema.id, owner);
    schemas_.add(std::move(schema));
  }
  return Live{std::move(plan), std::move(*claim), std::move(*programs), asks ? facts->maps : nullptr};
}

bool PolicySet::serves(const Live& live, const HookPlan& plan, const FactsPtr& facts) {
  return same_plan(live.plan, plan) && (!live.facts || (facts && live.facts == facts->maps));
}

// The programs of all hooks of `plans` that are not in the kernel as they should be.
Result<std::vector<PolicySet::Live>> PolicySet::bring_up_missing(const std::vector<HookPlan>& plans,
                                                                 const FactsPtr& facts,
                                                                 Clock::time_point now) {
  std::vector<Live> fresh;
  for (const HookPlan& plan : plans) {
    if (std::ranges::any_of(live_, [&](const Live& live) { return serves(live, plan, facts); })) continue;
    Result<Live> live = bring_up(plan, facts, now);
    if (live) {
      fresh.push_back(std::move(*live));
      continue;
    }
    for (Live& undone : fresh) {
      host_->set_died(undone.claim.numbers.slot, 0);
      retire(std::move(undone.claim), now);
    }
    return std::unexpected(live.error());
  }
  return fresh;
}

// From `leaving` to `fresh`, in one store of the epoch.
void PolicySet::hand_over(std::span<const Live> leaving, std::span<const Live> fresh) {
  // Until there is no call any more that began when the new programs were not attached.
  if (!fresh.empty() &&
      std::ranges::any_of(leaving, [](const Live& old) { return old_runs_first(old.plan.attachment); }))
    std::this_thread::sleep_for(kHandOver);
  for (const Live& old : leaving) {
    const bool followed =
        std::ranges::any_of(fresh, [&](const Live& live) { return same_hook(live.plan, old.plan); });
    host_->set_died(old.claim.numbers.slot, followed ? next_epoch() : next_epoch() - 1);
  }
  host_->set_epoch(next_epoch());
  if (!leaving.empty()) std::this_thread::sleep_for(kHandOver);
  host_->set_epoch(host_->epoch() + 1);
}

Result<void> PolicySet::replace(std::vector<PolicyPtr> policies, Clock::time_point now) {
  if (kernel_ == nullptr) return fail("change policies", "", EPERM, "they were declared final");
  collect(now);
  const std::vector<HookPlan> plans = plan_hooks(policies);
  const Result<FactsPtr> facts = facts_for(facts_of(plans), facts_, fact_versions_, *kernel_, *host_);
  if (!facts) return std::unexpected(facts.error());
  Result<std::vector<Live>> fresh = bring_up_missing(plans, *facts, now);
  if (!fresh) return std::unexpected(fresh.error());
  const auto leaving = std::stable_partition(live_.begin(), live_.end(), [&](const Live& live) {
    return std::ranges::any_of(plans, [&](const HookPlan& plan) { return serves(live, plan, *facts); });
  });
  hand_over({leaving, live_.end()}, *fresh);
  for (auto live = leaving; live != live_.end(); ++live) retire(std::move(live->claim), now);
  live_.erase(leaving, live_.end());  // detaches them
  facts_ = *facts;                    // likewise
  std::ranges::move(*fresh, std::back_inserter(live_));
  policies_ = std::move(policies);
  std::erase_if(pairs_, [this](const auto& pair) { return !in_force(pair.first.first); });
  std::erase_if(past_, [this](const auto& past) {
    if (in_force(past.first)) return false;
    add(gone_, sum_of(past.second));
    return true;
  });
  return {};
}

void PolicySet::collect(Clock::time_point now) {
  while (!retired_.empty() && now - retired_.front().since >= kQuarantine) {
    const Claim& claim = retired_.front().claim;
    for (const auto& [owner, part, counter] : claim.owned) {
      if (const auto value = host_->counter(counter))
        add(in_force(owner) ? past_[owner][part] : gone_, *value);
    }
    drop_claim(claim);
    retired_.pop_front();
  }
}

PolicyPtr PolicySet::owner(uint32_t schema) const {
  const auto found = owners_.find(schema);
  return found == owners_.end() ? nullptr : found->second;
}

template <typename Wanted, typename Add>
Result<void> PolicySet::read_counts(const Wanted& wanted, const Add& add) const {
  std::vector<const Claim*> claims;
  for (const Live& live : live_) claims.push_back(&live.claim);
  for (const Retired& old : retired_) claims.push_back(&old.claim);
  for (const Claim* claim : claims) {
    for (const Owned& owned : claim->owned) {
      if (!wanted(owned.policy)) continue;
      const Result<tl_counter> value = host_->counter(owned.counter);
      if (!value) return std::unexpected(value.error());
      add(owned.part, *value);
    }
  }
  return {};
}

Result<PartCounts> PolicySet::part_counts(const PolicyPtr& policy) const {
  PartCounts parts;
  if (const auto past = past_.find(policy); past != past_.end()) parts = past->second;
  const auto read =
      read_counts([&](const PolicyPtr& owner) { return owner == policy; },
                  [&](const PolicyPart& part, const tl_counter& counter) { add(parts[part], counter); });
  if (!read) return std::unexpected(read.error());
  return parts;
}

Result<tl_counter> PolicySet::counts(const PolicyPtr& policy) const {
  const Result<PartCounts> parts = part_counts(policy);
  if (!parts) return std::unexpected(parts.error());
  return sum_of(*parts);
}

uint64_t PolicySet::notes_of(const PolicyPtr& policy, const std::map<uint32_t, uint64_t>& notes) const {
  uint64_t sum = 0;
  for (const auto& [hook, pair] : pairs_) {
    const auto found = notes.find(pair);
    if (hook.first == policy && found != notes.end()) sum += found->second;
  }
  return sum;
}

Result<tl_counter> PolicySet::counts_of_gone() const {
  tl_counter sum = gone_;
  const auto read = read_counts([&](const PolicyPtr& owner) { return !in_force(owner); },
                                [&](const PolicyPart&, const tl_counter& counter) { add(sum, counter); });
  if (!read) return std::unexpected(read.error());
  return sum;
}

Result<std::vector<ProgramFacts>> PolicySet::facts() const {
  std::vector<ProgramFacts> out;
  std::vector<const Programs*> all;
  for (const Live& live : live_) all.push_back(&live.programs);
  if (facts_) {
    for (const Programs& programs : facts_->programs) all.push_back(&programs);
  }
  for (const Programs* programs : all) {
    Result<std::vector<ProgramFacts>> facts = programs->facts();
    if (!facts) return facts;
    std::ranges::move(*facts, std::back_inserter(out));
  }
  return out;
}

}  // namespace tripline
