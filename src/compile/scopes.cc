// SPDX-License-Identifier: Apache-2.0
#include "compile/scopes.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "abi/scope.h"

namespace tripline {

ScopeNeeds scopes_of(std::span<const HookPlan> plans) {
  ScopeNeeds out;
  std::set<Scope> known;
  const auto add = [&](const std::optional<Scope>& scope) {
    if (scope && known.insert(*scope).second) out.push_back(*scope);
  };
  for (const HookPlan& plan : plans) {
    for (const HookSection& section : plan.sections) {
      if (!is_return(plan.attachment)) add(section.policy->scope);  // there, the entry was asked
      for (const CheckedSelector& selector : section.section().selectors) add(selector.scope);
    }
  }
  return out;
}

ScopeTable::Place ScopeTable::place(const Scope& scope) const {
  const uint32_t number = bits.at(scope);
  return {number / TL_SCOPE_BITS, uint64_t{1} << number % TL_SCOPE_BITS};
}

bool ScopeTable::covers(const ScopeNeeds& needs) const {
  return std::ranges::all_of(needs, [this](const Scope& each) { return bits.contains(each); });
}

uint32_t scope_words_for(size_t scopes) {
  return static_cast<uint32_t>((scopes + scopes / 2) / TL_SCOPE_BITS) + 1;
}

ScopeTable scope_table(const ScopeNeeds& needs) {
  ScopeTable out;
  out.words = scope_words_for(needs.size());
  for (const Scope& each : needs) out.bits.emplace(each, static_cast<uint32_t>(out.bits.size()));
  return out;
}

std::optional<ScopeTable> extended(const ScopeTable& table, const ScopeNeeds& needs) {
  ScopeTable out = table;
  std::vector<bool> taken(size_t{table.words} * TL_SCOPE_BITS);
  for (const auto& [scope, bit] : table.bits) taken[bit] = true;
  size_t free = 0;
  for (const Scope& each : needs) {
    if (out.bits.contains(each)) continue;
    while (free < taken.size() && taken[free]) ++free;
    if (free == taken.size()) return std::nullopt;
    taken[free] = true;
    out.bits.emplace(each, static_cast<uint32_t>(free));
  }
  const std::set<Scope> needed(needs.begin(), needs.end());
  std::erase_if(out.bits, [&](const auto& entry) { return !needed.contains(entry.first); });
  return out;
}

Numbering with_scopes(const Numbering& numbering, const HookPlan& plan) {
  Numbering out = numbering;
  if (!out.scopes) out.scopes = std::make_shared<const ScopeTable>(scope_table(scopes_of({&plan, 1})));
  return out;
}

}  // namespace tripline
