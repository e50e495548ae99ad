// SPDX-License-Identifier: Apache-2.0
// Where the kernel is told of each scope that policies have (abi/scope.h): a bit in the row of every container. Equal
// scopes of all policies share one bit, and a bit never moves while its scope lives, so programs that read it stay valid
// whatever scopes come and go.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "compile/plan.h"
#include "kernel/cgroups.h"
#include "pods/scope.h"

namespace tripline {

// The scopes of a set of hooks, each once, in the order of their sections: bits of neighbours are neighbours, and one word
// tells of dozens of sections that the call is none of theirs (judge/choose.h).
using ScopeNeeds = std::vector<Scope>;
[[nodiscard]] ScopeNeeds scopes_of(std::span<const HookPlan> plans);

struct ScopeTable {
  struct Place {
    uint32_t word = 0;
    uint64_t bit = 0;
  };

  std::map<Scope, uint32_t> bits;
  uint32_t words = 1;
  uint32_t shift = 64 - 13;  // of cells
  CgroupHierarchy cgroups;

  [[nodiscard]] Place place(const Scope& scope) const;
  [[nodiscard]] bool covers(const ScopeNeeds& needs) const;
};

// Words that are enough for so many scopes, and half as many more.
[[nodiscard]] uint32_t scope_words_for(size_t scopes);
// Bits for all of them, from the first on.
[[nodiscard]] ScopeTable scope_table(const ScopeNeeds& needs);
// With what is missing added, in bits that no scope of `table` has, and without what is not needed any more; absent when
// there is no room.
[[nodiscard]] std::optional<ScopeTable> extended(const ScopeTable& table, const ScopeNeeds& needs);

// `numbering` with a table: its own, or one that has what `plan` needs.
[[nodiscard]] Numbering with_scopes(const Numbering& numbering, const HookPlan& plan);

}  // namespace tripline
