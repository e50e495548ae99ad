// SPDX-License-Identifier: Apache-2.0
// Handing the set over between agents: writing the manifest for the next one, and using that of the previous one.
#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "agent/set.h"

namespace tripline {
namespace {

std::vector<std::string> names_of(const Programs& programs) {
  std::vector<std::string> out;
  for (const std::string& path : programs.pins()) out.push_back(std::filesystem::path(path).filename());
  return out;
}

// Where in the manifest a policy is, by its generation.
using Places = std::map<Generation, uint32_t>;

std::vector<LeftCounter> counters_left(const Claim& claim, const Places& places) {
  std::vector<LeftCounter> out;
  for (const OwnedCounter& owned : claim.owned) {
    if (const auto place = places.find(owned.policy); place != places.end())
      out.push_back({place->second, owned.part, owned.counter});
  }
  return out;
}

LeftHook hook_left(const Live& live, const Places& places) {
  const Numbering& numbers = live.claim.numbers;
  return {.attachment = live.plan->attachment,
          .target = live.plan->target,
          .slot = numbers.slot,
          .born = numbers.born,
          .first_counter = numbers.first_counter,
          .counters = live.claim.counters,
          .owned = counters_left(live.claim, places),
          .pins = names_of(live.programs)};
}

}  // namespace

void PolicySet::inherit(const Manifest& left, std::vector<Programs> hooks, Programs facts) {
  std::vector<Generation> numbers;  // of the policies of `left`
  for (const LeftPolicy& policy : left.policies) {
    // One that had itself inherited is there twice.
    auto known = std::ranges::find_if(left_, [&](const Left& other) {
      return other.name == policy.name && other.document == policy.document;
    });
    if (known == left_.end())
      known = left_.insert(known,
                           Left{.name = policy.name, .document = policy.document, .counts = {}, .modes = {}});
    known->modes.push_back(policy.mode);
    book_.modes.retake(policy.mode, 1);
    for (const auto& [part, counter] : policy.counts) add(known->counts[part], counter);
    numbers.push_back(kLeft + static_cast<Generation>(known - left_.begin()));
  }
  // Read now; but until our own manifest is there, another agent may have to read it again.
  const auto take_counts = [&](const LeftCounter& from) {
    book_.counters.retake(from.counter, 1);
    left_counters_.push_back(from.counter);
    if (const auto value = host_->counter(from.counter))
      count_for_left(numbers[from.policy], from.part, *value);
  };
  for (const LeftCounter& counter : left.resting) take_counts(counter);
  for (size_t n = 0; n < left.hooks.size(); ++n) {
    const LeftHook& hook = left.hooks[n];
    if (hooks[n].pins().empty()) {
      std::ranges::for_each(hook.owned, take_counts);
      continue;
    }
    Claim claim;
    claim.numbers.slot = hook.slot;
    claim.numbers.born = hook.born;
    claim.numbers.first_counter = hook.first_counter;
    claim.counters = hook.counters;
    for (const LeftCounter& owned : hook.owned)
      claim.owned.push_back({numbers[owned.policy], owned.part, owned.counter});
    book_.slots.retake(hook.slot, 1);
    book_.counters.retake(hook.first_counter, hook.counters);
    auto plan = std::make_shared<const HookPlan>(HookPlan{hook.target, hook.attachment, {}});
    live_.push_back({std::move(plan), std::move(claim), std::move(hooks[n]), nullptr});
  }
  left_facts_ = std::move(facts);
  book_.next_pair = std::max(book_.next_pair, left.next_pair);
}

void PolicySet::count_for_left(Generation left, const PolicyPart& part, const tl_counter& counter) {
  add(left_[left - kLeft].counts[part], counter);
}

// With the first change; and whoever goes, goes with what it inherited.
void PolicySet::name_heirs() {
  const bool is_first = !std::exchange(has_heirs_, true);
  for (Left& left : left_) {
    if (is_first) {
      const Member* member = find(left.name);
      const bool is_same = member != nullptr && left.document != 0 && member->text == left.document;
      left.heir = is_same ? member->id.generation : 0;
    } else if (left.heir != 0 && find(left.heir) == nullptr) {
      left.heir = 0;
    }
    if (left.heir == 0) left.counts.clear();
  }
}

Manifest PolicySet::manifest() const {
  Manifest out;
  Places places;
  out.next_pair = book_.next_pair;
  out.alone_from = beside_ ? host_->epoch() + 2 : 0;
  for (const Member& member : members_) {
    places.emplace(member.id.generation, static_cast<uint32_t>(out.policies.size()));
    PartCounts counts;
    if (const auto past = past_.find(member.id.generation); past != past_.end()) counts = past->second;
    for (const Left& left : left_) {
      if (left.heir != member.id.generation) continue;
      for (const auto& [part, counter] : left.counts) add(counts[part], counter);
    }
    out.policies.push_back({member.id.name, member.text, member.mode, {counts.begin(), counts.end()}});
  }
  for (size_t n = 0; n < left_.size(); ++n) {
    const Left& left = left_[n];
    // As long as their programs are not replaced their modes are looked at.
    for (const uint32_t mode : left.modes) out.policies.push_back({left.name, left.document, mode, {}});
    if (left.heir != 0) {
      places.emplace(kLeft + n, places.at(left.heir));
    } else if (!left.modes.empty()) {
      places.emplace(kLeft + n, static_cast<uint32_t>(out.policies.size() - 1));
      out.policies.back().counts.assign(left.counts.begin(), left.counts.end());
    }
  }
  for (const auto* programs : {&live_, &leaving_}) {
    for (const Live& live : *programs) out.hooks.push_back(hook_left(live, places));
  }
  for (const Retired& old : retired_) {
    for (const Claim& claim : old.claims)
      std::ranges::move(counters_left(claim, places), std::back_inserter(out.resting));
  }
  for (const Facts* facts : {facts_.get(), old_facts_ == facts_ ? nullptr : old_facts_.get()}) {
    if (facts == nullptr) continue;
    for (const Programs& programs : facts->programs)
      std::ranges::move(names_of(programs), std::back_inserter(out.facts));
  }
  for (const Scopes* scopes : {scopes_.get(), old_scopes_ == scopes_ ? nullptr : old_scopes_.get()}) {
    if (scopes != nullptr)
      std::ranges::move(names_of(scopes->maps->followers), std::back_inserter(out.facts));
  }
  std::ranges::move(names_of(left_facts_), std::back_inserter(out.facts));
  return out;
}

std::map<Generation, PartCounts> PolicySet::inherited() const {
  std::map<Generation, PartCounts> out;
  if (left_.empty()) return out;
  for (const Left& left : left_) {
    if (left.heir == 0) continue;
    for (const auto& [part, counter] : left.counts) add(out[left.heir][part], counter);
  }
  for (const Claim* claim : claims()) {
    for (const OwnedCounter& owned : claim->owned) {
      if (owned.policy < kLeft || left_[owned.policy - kLeft].heir == 0) continue;
      if (const auto value = host_->counter(owned.counter))
        add(out[left_[owned.policy - kLeft].heir][owned.part], *value);
    }
  }
  return out;
}

void PolicySet::leave() const {
  for (const Live& live : live_) live.programs.leave();
  if (facts_)
    for (const Programs& programs : facts_->programs) programs.leave();
  if (scopes_) scopes_->maps->followers.leave();
  left_facts_.leave();
}

size_t PolicySet::unpinned() const {
  size_t sum = 0;
  for (const Live& live : live_) sum += live.programs.unpinned();
  if (facts_)
    for (const Programs& programs : facts_->programs) sum += programs.unpinned();
  if (scopes_) sum += scopes_->maps->followers.unpinned();
  return sum;
}

}  // namespace tripline
