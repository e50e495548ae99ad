// SPDX-License-Identifier: Apache-2.0
#include "compile/plan.h"

#include <algorithm>

namespace tripline {

std::vector<HookPlan> plan_hooks(std::span<const std::shared_ptr<const CheckedPolicy>> policies) {
  std::vector<HookPlan> plans;
  for (const auto& policy : policies) {
    for (uint32_t n = 0; n < policy->hooks.size(); ++n) {
      const CheckedHook& hook = policy->hooks[n];
      auto plan = std::ranges::find_if(plans, [&](const HookPlan& known) {
        return known.function == hook.function && known.attachment == hook.attachment;
      });
      if (plan == plans.end()) plan = plans.insert(plans.end(), {hook.function, hook.attachment, {}});
      plan->sections.push_back({policy, n});
    }
  }
  return plans;
}

uint32_t counters_of(const HookPlan& plan) {
  uint32_t count = 0;
  for (const HookSection& section : plan.sections)
    count += static_cast<uint32_t>(section.section().selectors.size());
  return count;
}

}  // namespace tripline
