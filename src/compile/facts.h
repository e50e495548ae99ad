// SPDX-License-Identifier: Apache-2.0
// Process facts (D3): which clauses are decided when a process changes, and where their answers are in its entry
// (abi/facts.h). Equal clauses of all policies share one bit. A table never moves a bit: while it exists, programs
// that read it stay valid, whatever clauses are added.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "compile/plan.h"
#include "ir/program.h"
#include "kernel/kernel.h"
#include "object/object.h"
#include "policy/checked.h"

namespace tripline {

// What a set of hooks asks for.
struct FactNeeds {
  // Each once, in the order of the sections: bits of neighbours are neighbours, and one word tells of dozens of sections
  // that none of them can match (judge/judge.cc).
  std::vector<FactClause> clauses;
  bool recorded = false;  // what changes are seen against
  [[nodiscard]] bool any() const { return recorded || !clauses.empty(); }
};
[[nodiscard]] FactNeeds facts_of(std::span<const HookPlan> plans);

struct FactTable {
  struct Place {
    uint32_t word = 0;
    uint64_t bit = 0;
  };

  std::map<FactClause, uint32_t> clauses;  // the number of each, from 0
  uint32_t words = 1;
  bool recorded = false;
  uint32_t first_new = 0;  // clauses below it were there in the version before
  uint32_t version = 1;    // 1 to 255, then 1 again; other than that of any before it

  [[nodiscard]] Place place(const FactClause& clause) const;
  // Is everything there?
  [[nodiscard]] bool covers(const FactNeeds& needs) const;
  // Bytes from the start of an entry to what is recorded, and of a whole entry.
  [[nodiscard]] uint32_t recorded_offset() const;
  [[nodiscard]] uint32_t entry_size() const;
};

[[nodiscard]] FactTable fact_table(const FactNeeds& needs);
// With a version to be set, and with what is missing added; absent when there is no room.
[[nodiscard]] std::optional<FactTable> extended(const FactTable& table, const FactNeeds& needs);

// `numbering` with a table: its own, or one that has what `plan` needs.
[[nodiscard]] Numbering with_facts(const Numbering& numbering, const HookPlan& plan);

// The generated functions of those programs, in the slot they are given (abi/facts.h).
struct FactPrograms {
  ir::Program shape, image, pids;
};
[[nodiscard]] FactPrograms lower_facts(const FactTable& table);

// The programs that keep the entries.
[[nodiscard]] Result<Object> compile_facts(const FactTable& table, const Kernel& kernel);

}  // namespace tripline
