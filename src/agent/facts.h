// SPDX-License-Identifier: Apache-2.0
// Process facts for a set of policies: the maps with an entry for each process and the programs that maintain them.
// Created before the set becomes active: the programs are attached first, then the running processes are scanned, so
// that whatever a process does meanwhile is seen by one or the other.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "compile/facts.h"
#include "kernel/kernel.h"
#include "load/host.h"

namespace tripline {

struct Facts {
  std::shared_ptr<const FactTable> table;
  std::shared_ptr<const FactMaps> maps;  // shared with later versions of the table
  std::vector<Programs> programs;
};
using FactsPtr = std::shared_ptr<const Facts>;

// What covers `needs`: `current` itself, or its next version, or something new; null when nothing is needed. Programs
// of `current` go on until that is dropped.
// `versions` counts them, those that did not come into force too: an entry tells which has looked at it.
[[nodiscard]] Result<FactsPtr> facts_for(const FactNeeds& needs, const FactsPtr& current, uint32_t& versions,
                                         const Kernel& kernel, Host& host);

}  // namespace tripline
