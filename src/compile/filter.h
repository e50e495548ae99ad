// SPDX-License-Identifier: Apache-2.0
// The filter of a hook: decides in registers whether any selector can match. See lower.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compile/builder.h"
#include "compile/facts.h"
#include "compile/plan.h"
#include "compile/scopes.h"
#include "kernel/kernel.h"

namespace tripline {

// How a filter decides, for people.
enum class FilterForm : uint8_t {
  kNone,      // some selector can match any call
  kStraight,  // selector after selector
  kMerged,    // one decision for all selectors that look at the same values
};

struct FilterPlan {
  FilterForm form = FilterForm::kNone;
  std::vector<std::string> steps;  // what is tested, in order
};

// Writes the filter into `builder`: goes to `maybe` when a selector can match, else to `no`.
FilterPlan write_filter(Builder& builder, const HookPlan& plan, const Kernel& kernel, const FactTable& facts,
                        const ScopeTable& scopes, Label maybe, Label no);

}  // namespace tripline
