// SPDX-License-Identifier: Apache-2.0
// Policies and steps for sets that never reach the kernel: programs are neither compiled nor loaded nor attached, and all
// the rest is as it is.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "agent/set.h"

namespace tripline {

inline PolicyPtr watch(const std::string& name, const std::string& function = "fd_install",
                       CheckedAction::Kind action = CheckedAction::Kind::kSigkill) {
  CheckedPolicy policy;
  policy.name = name;
  policy.source_name = name + ".yaml";
  CheckedHook hook;
  hook.call = function;
  hook.target = target::Function{function};
  hook.args.push_back({.type = ArgType::kInt32});
  CheckedSelector selector;
  selector.actions.push_back({.kind = action, .span = {}});
  hook.selectors.push_back(selector);
  policy.hooks.push_back(hook);
  return std::make_shared<const CheckedPolicy>(std::move(policy));
}

inline Object made_up_object(const HookPlan& plan, const Numbering& numbering) {
  Object out;
  uint32_t counter = numbering.first_counter;
  for (size_t n = 0; n < plan.sections.size(); ++n) {
    Schema& schema = out.schemas.emplace_back();
    schema.id = numbering.first_schema + static_cast<uint32_t>(n);
    for (size_t i = 0; i < plan.sections[n].section().selectors.size(); ++i) {
      schema.selectors.push_back({});
      schema.selectors.back().counter = counter++;
    }
  }
  return out;
}

inline Steps made_up_steps() {
  Steps out;
  out.probe = [](Kernel known, const ProbeScope& asked, const ProbeScope&) {
    return ProbeReport{std::move(known), asked, {}};
  };
  out.compile = [](const HookPlan& plan, const Kernel&, const Numbering& numbering) {
    return Result<Object>(made_up_object(plan, numbering));
  };
  out.load = [](Host&, const Object&, const SetMaps&) { return Result<Programs>(Programs{}); };
  out.attach = [](Programs&) { return Result<void>(); };
  out.wait_for_calls = [] { return Result<void>(); };
  return out;
}

// A clock that goes on as fast as it is looked at.
class Haste {
 public:
  using Clock = PolicySet::Clock;
  Clock::time_point now() { return now_ += PolicySet::kHandOver; }
  void pass(Clock::duration time) { now_ += time; }

 private:
  Clock::time_point now_ = Clock::now();
};

inline void settle_down(PolicySet& set, Haste& haste) {
  while (set.busy()) {
    set.advance(haste.now());
    pollfd bell{set.worker().bell(), POLLIN, 0};
    if (set.busy() && !set.due()) poll(&bell, 1, 1000);
  }
}

inline ChangeResult carry_out(PolicySet& set, Haste& haste, Change change) {
  ChangeResult out;
  set.request(std::move(change), [&out](ChangeResult result) { out = std::move(result); });
  settle_down(set, haste);
  return out;
}

inline Change adding(std::initializer_list<PolicyPtr> policies) {
  Change out;
  for (const PolicyPtr& policy : policies) out.in.push_back({.document = policy});
  return out;
}

inline PolicyName named(const std::string& name) { return {"", "", name}; }

}  // namespace tripline
