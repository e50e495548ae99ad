// SPDX-License-Identifier: Apache-2.0
#include "agent/facts.h"

#include <optional>
#include <utility>

namespace tripline {
namespace {

// Each time, processes that executed something meanwhile are looked at again.
constexpr int kScansMax = 16;
// Each time, processes 32 generations further down are done.
constexpr int kRoundsMax = 64;

Result<void> attach(Facts& facts, const Kernel& kernel, Host& host) {
  const Result<Object> object = compile_facts(*facts.table, kernel);
  if (!object) return std::unexpected(object.error());
  for (uint32_t copy = 0; copy < host.fact_copies(); ++copy) {
    Result<Programs> programs = host.load_facts(*object, *facts.maps);
    if (!programs) return std::unexpected(programs.error());
    if (const auto attached = programs->attach(); !attached) return attached;
    facts.programs.push_back(std::move(*programs));
  }
  return {};
}

Result<void> find_running(const Facts& facts) {
  const Programs& programs = facts.programs.front();
  for (int scan = 0; scan < kScansMax; ++scan) {
    const Result<size_t> left = programs.iterate("facts_scan");
    if (!left) return std::unexpected(left.error());
    if (*left == 0) break;
  }
  for (int round = 0; round < kRoundsMax; ++round) {
    const Result<size_t> left = programs.iterate("facts_settle");
    if (!left) return std::unexpected(left.error());
    if (*left == 0) return {};
  }
  return fail("look at", "running processes", 0, "the process tree is too deep");
}

}  // namespace

Result<FactsPtr> facts_for(const FactNeeds& needs, const FactsPtr& current, uint32_t& versions,
                           const Kernel& kernel, Host& host) {
  if (!needs.any()) return nullptr;
  if (current && current->table->covers(needs)) return current;
  auto facts = std::make_shared<Facts>();
  versions = versions % 255 + 1;
  if (std::optional<FactTable> next = current ? extended(*current->table, needs) : std::nullopt) {
    next->version = versions;
    facts->table = std::make_shared<FactTable>(std::move(*next));
    facts->maps = current->maps;
  } else {
    FactTable table = fact_table(needs);
    table.version = versions;
    facts->table = std::make_shared<FactTable>(std::move(table));
    Result<FactMaps> maps = host.make_fact_maps(facts->table->entry_size());
    if (!maps) return std::unexpected(maps.error());
    facts->maps = std::make_shared<FactMaps>(std::move(*maps));
  }
  if (const auto attached = attach(*facts, kernel, host); !attached) return std::unexpected(attached.error());
  if (const auto found = find_running(*facts); !found) return std::unexpected(found.error());
  return facts;
}

}  // namespace tripline
