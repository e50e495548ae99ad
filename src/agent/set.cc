// SPDX-License-Identifier: Apache-2.0
#include "agent/set.h"

#include <algorithm>
#include <iterator>
#include <thread>

namespace tripline {
namespace {

bool same_hook(const HookPlan& a, const HookPlan& b) {
  return a.function == b.function && a.attachment == b.attachment;
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
  sum.monitored += counter.monitored;
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
  if (!slot) return fail("load program for", plan.function, 0, "too many programs at once");
  const auto counter = counters_.take(claim.counters);
  if (!counter) {
    slots_.put(*slot, 1);
    return fail("load program for", plan.function, 0, "too many selectors at once");
  }
  claim.numbers = {*slot, next_epoch(), next_schema_, *counter};
  next_schema_ += static_cast<uint32_t>(plan.sections.size());
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
Result<PolicySet::Live> PolicySet::bring_up(HookPlan plan, Clock::time_point now) {
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
  Result<Object> object = compile(plan, *kernel_, claim->numbers);
  if (!object) return give_up(object.error());
  Result<Programs> programs = host_->load(*object);
  if (!programs) return give_up(programs.error());
  if (const auto attached = programs->attach(); !attached) return give_up(attached.error());
  for (size_t section = 0; section < object->schemas.size(); ++section) {
    Schema& schema = object->schemas[section];
    const PolicyPtr& owner = plan.sections[section].policy;
    for (const SelectorInfo& selector : schema.selectors) claim->owned.emplace_back(owner, selector.counter);
    claim->schemas.push_back(schema.id);
    owners_.emplace(schema.id, owner);
    schemas_.add(std::move(schema));
  }
  return Live{std::move(plan), std::move(*claim), std::move(*programs)};
}

// The programs of all hooks of `plans` that are not in the kernel as they should be.
Result<std::vector<PolicySet::Live>> PolicySet::bring_up_missing(const std::vector<HookPlan>& plans,
                                                                 Clock::time_point now) {
  std::vector<Live> fresh;
  for (const HookPlan& plan : plans) {
    if (std::ranges::any_of(live_, [&](const Live& live) { return same_plan(live.plan, plan); })) continue;
    Result<Live> live = bring_up(plan, now);
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
  collect(now);
  const std::vector<HookPlan> plans = plan_hooks(policies);
  Result<std::vector<Live>> fresh = bring_up_missing(plans, now);
  if (!fresh) return std::unexpected(fresh.error());
  const auto leaving = std::stable_partition(live_.begin(), live_.end(), [&](const Live& live) {
    return std::ranges::any_of(plans, [&](const HookPlan& plan) { return same_plan(plan, live.plan); });
  });
  hand_over({leaving, live_.end()}, *fresh);
  for (auto live = leaving; live != live_.end(); ++live) retire(std::move(live->claim), now);
  live_.erase(leaving, live_.end());  // detaches them
  std::ranges::move(*fresh, std::back_inserter(live_));
  policies_ = std::move(policies);
  std::erase_if(past_, [this](const auto& past) {
    if (in_force(past.first)) return false;
    add(gone_, past.second);
    return true;
  });
  return {};
}

void PolicySet::collect(Clock::time_point now) {
  while (!retired_.empty() && now - retired_.front().since >= kQuarantine) {
    const Claim& claim = retired_.front().claim;
    for (const auto& [owner, counter] : claim.owned) {
      if (const auto value = host_->counter(counter)) add(in_force(owner) ? past_[owner] : gone_, *value);
    }
    drop_claim(claim);
    retired_.pop_front();
  }
}

PolicyPtr PolicySet::owner(uint32_t schema) const {
  const auto found = owners_.find(schema);
  return found == owners_.end() ? nullptr : found->second;
}

template <typename Wanted>
Result<void> PolicySet::add_counts(tl_counter& sum, const Wanted& wanted) const {
  std::vector<const Claim*> claims;
  for (const Live& live : live_) claims.push_back(&live.claim);
  for (const Retired& old : retired_) claims.push_back(&old.claim);
  for (const Claim* claim : claims) {
    for (const auto& [owner, counter] : claim->owned) {
      if (!wanted(owner)) continue;
      const Result<tl_counter> value = host_->counter(counter);
      if (!value) return std::unexpected(value.error());
      add(sum, *value);
    }
  }
  return {};
}

Result<tl_counter> PolicySet::counts(const PolicyPtr& policy) const {
  tl_counter sum{};
  if (const auto past = past_.find(policy); past != past_.end()) sum = past->second;
  const auto added = add_counts(sum, [&](const PolicyPtr& owner) { return owner == policy; });
  if (!added) return std::unexpected(added.error());
  return sum;
}

Result<tl_counter> PolicySet::counts_of_gone() const {
  tl_counter sum = gone_;
  const auto added = add_counts(sum, [&](const PolicyPtr& owner) { return !in_force(owner); });
  if (!added) return std::unexpected(added.error());
  return sum;
}

Result<std::vector<ProgramFacts>> PolicySet::facts() const {
  std::vector<ProgramFacts> out;
  for (const Live& live : live_) {
    Result<std::vector<ProgramFacts>> facts = live.programs.facts();
    if (!facts) return facts;
    std::ranges::move(*facts, std::back_inserter(out));
  }
  return out;
}

}  // namespace tripline
