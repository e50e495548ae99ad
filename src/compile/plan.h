// SPDX-License-Identifier: Apache-2.0
// What is to be compiled: all hook sections of a set of policies, grouped by hook. A plan is a value; it shares the
// policies it comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "policy/checked.h"

namespace tripline {

// One hook section of one policy. The policy is shared so that a plan outlives changes of the set it came from.
struct HookSection {
  std::shared_ptr<const CheckedPolicy> policy;
  uint32_t hook = 0;  // index into policy->hooks

  [[nodiscard]] const CheckedHook& section() const { return policy->hooks[hook]; }
};

// Everything that happens at one hook: what becomes one program. Sections stand in the order their policies were
// loaded.
struct HookPlan {
  std::string function;
  Attachment attachment = Attachment::kFentry;
  std::vector<HookSection> sections;
};

// Numbers that must be unique among everything that runs at once; the caller hands them out.
struct Numbering {
  uint32_t slot = 0;          // tl_control.died index of the program
  uint32_t born = 1;          // first epoch in which the program is live
  uint32_t first_schema = 1;  // ids of the schemas, one for each section, upwards
  uint32_t first_counter =
      0;  // indices into the counters map, one for each selector of each section, upwards
};

// Groups all hook sections of `policies` by hook, in order of first appearance.
[[nodiscard]] std::vector<HookPlan> plan_hooks(
    std::span<const std::shared_ptr<const CheckedPolicy>> policies);

// Number of counters `plan` needs.
[[nodiscard]] uint32_t counters_of(const HookPlan& plan);

}  // namespace tripline
