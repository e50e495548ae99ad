// SPDX-License-Identifier: Apache-2.0
#include "compile/plan.h"

#include <algorithm>
#include <compare>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "policy/scratch.h"

namespace tripline {

namespace {

// What was planned for a place of a file so far.
struct PlacePlan {
  target::UserFile file;
  Attachment attachment = Attachment::kUprobe;
  target::UserPlace place;
  std::vector<HookSection> sections;
};

// Sections that are on several places of a file, each with other sections beside it there. Places with the same sections
// become one hook again: one program and, where the kernel has them, one link.
class PlacePlans {
 public:
  void add(const target::UserCode& code, Attachment attachment, const HookSection& section) {
    for (const target::UserPlace& place : code.places) {
      const Key key{code.file.device, code.file.inode, code.file.inode == 0 ? code.file.path : "",
                    attachment,       place.offset,    place.semaphore};
      const auto [at, is_new] = by_place_.try_emplace(key, plans_.size());
      if (is_new) plans_.push_back({code.file, attachment, place, {}});
      plans_[at->second].sections.push_back(section);
    }
  }

  void take(std::vector<HookPlan>& out) {
    const size_t first = out.size();
    std::map<Group, size_t> groups;
    for (PlacePlan& each : plans_) {
      Group group{
          each.file.device, each.file.inode, each.file.inode == 0 ? each.file.path : "", each.attachment, {}};
      for (const HookSection& section : each.sections)
        group.sections.emplace_back(section.policy.get(), section.hook);
      const auto [at, is_new] = groups.try_emplace(std::move(group), out.size());
      if (is_new) out.push_back({target::UserCode{each.file, {}}, each.attachment, std::move(each.sections)});
      std::get<target::UserCode>(out[at->second].target).places.push_back(std::move(each.place));
    }
    // The return first, as of all hooks.
    std::stable_partition(out.begin() + static_cast<ptrdiff_t>(first), out.end(),
                          [](const HookPlan& plan) { return is_return(plan.attachment); });
  }

 private:
  using Key = std::tuple<uint64_t, uint64_t, std::string, Attachment, uint64_t, uint64_t>;
  struct Group {
    uint64_t device;
    uint64_t inode;
    std::string path;
    Attachment attachment;
    std::vector<std::pair<const CheckedPolicy*, uint32_t>> sections;
    auto operator<=>(const Group&) const = default;
  };
  std::map<Key, size_t> by_place_;
  std::vector<PlacePlan> plans_;
};

// At the return of what is attached so at its entry.
Attachment return_of(Attachment entry) {
  switch (entry) {
    case Attachment::kKprobe:
      return Attachment::kKretprobe;
    case Attachment::kUprobe:
      return Attachment::kUretprobe;
    case Attachment::kUprobeMulti:
      return Attachment::kUretprobeMulti;
    default:
      return Attachment::kFexit;
  }
}

HookPlan& plan_for(std::vector<HookPlan>& plans, const CheckedHook& hook, Attachment attachment) {
  Target target = hook.target;
  // What a policy calls the subsystem of a raw tracepoint makes no difference.
  if (auto* tracepoint = std::get_if<target::Tracepoint>(&target);
      tracepoint != nullptr && attachment == Attachment::kTracingRaw)
    tracepoint->subsystem.clear();
  const auto known = std::ranges::find_if(
      plans, [&](const HookPlan& plan) { return plan.attachment == attachment && plan.target == target; });
  if (known != plans.end()) return *known;
  plans.push_back({std::move(target), attachment, {}, {}});
  return plans.back();
}

// What a section is at the return of its function.
CheckedHook at_return(const CheckedHook& hook) {
  CheckedHook out = hook;
  out.args.clear();
  if (hook.result) out.args.push_back(*hook.result);
  for (const CheckedArg& arg : hook.args) {
    if (!arg.return_copy) continue;
    CheckedArg copied = arg;
    copied.source = {.kind = ArgSource::Kind::kSaved,
                     .index = 0,
                     .of_process = is_of_process(hook.attachment, arg.source)};
    copied.size = ArgSource{.kind = ArgSource::Kind::kResult, .index = hook.parameters};
    out.args.push_back(std::move(copied));
  }
  for (CheckedSelector& selector : out.selectors) {
    selector.filters = std::move(selector.return_filters);
    selector.actions = std::move(selector.return_actions);
  }
  return out;
}

// Its events are the same for all policies, and name none: one section makes them.
bool has_loader(const HookPlan& plan) {
  return std::ranges::any_of(
      plan.sections, [](const HookSection& section) { return section.section().kind == HookKind::kLoader; });
}

// Of the probes at one function those attached last run first, and one that overrides the call ends the round
// (aggr_pre_handler() of kernel/kprobes.c, Linux 5.10 to 6.12): the probe of the return must have run by then.
void order_returns(std::vector<HookPlan>& plans) {
  std::set<std::string> overridden;
  for (const HookPlan& plan : plans) {
    const bool any = std::ranges::any_of(
        plan.sections, [](const HookSection& section) { return overrides(section.section()); });
    if (plan.attachment == Attachment::kKprobe && (any || !plan.enforced.empty()))
      overridden.insert(full_name(plan.target));
  }
  std::ranges::stable_partition(plans, [&](const HookPlan& plan) {
    return plan.attachment != Attachment::kKretprobe || !overridden.contains(full_name(plan.target));
  });
}

}  // namespace

std::vector<HookPlan> plan_hooks(std::span<const PlannedPolicy> policies) {
  std::vector<HookPlan> plans;
  PlacePlans places;
  const auto add = [&](const CheckedHook& hook, Attachment attachment, HookSection section) {
    if (const auto* code = std::get_if<target::UserCode>(&hook.target))
      places.add(*code, attachment, section);
    else
      plan_for(plans, hook, attachment).sections.push_back(std::move(section));
  };
  for (const auto& [policy, id] : policies) {
    for (uint32_t n = 0; n < policy->hooks.size(); ++n) {
      const CheckedHook& hook = policy->hooks[n];
      // The return first: what is attached first sees the end of every call whose beginning the other one sees.
      if (waits_for_return(hook))
        add(hook, return_of(hook.attachment),
            {policy, n, std::make_shared<const CheckedHook>(at_return(hook)), id});
      if (hook.kind == HookKind::kLoader && has_loader(plan_for(plans, hook, hook.attachment))) continue;
      add(hook, hook.attachment, {policy, n, nullptr, id});
    }
    const bool takes = leaves_notices(*policy);  // else there are none to be taken
    for (uint32_t n = 0; takes && n < policy->enforced.size(); ++n) {
      const CheckedHook& call = policy->enforced[n];
      plan_for(plans, call, call.attachment).enforced.push_back({policy, n, id});
    }
  }
  places.take(plans);
  order_returns(plans);
  return plans;
}

std::vector<HookPlan> plan_hooks(std::span<const std::shared_ptr<const CheckedPolicy>> policies) {
  std::vector<PlannedPolicy> planned;
  for (const auto& policy : policies) planned.push_back({policy, 0});
  return plan_hooks(planned);
}

bool leaves_notices(const CheckedPolicy& policy) {
  return std::ranges::any_of(policy.hooks, [](const CheckedHook& hook) {
    return std::ranges::any_of(hook.selectors, [](const CheckedSelector& selector) {
      return std::ranges::any_of(selector.actions, [](const CheckedAction& action) {
        return action.kind == CheckedAction::Kind::kNotifyEnforcer && action.has_effect && !action.direct;
      });
    });
  });
}

int64_t tracking_key(const CheckedPolicy& policy) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char byte : policy.namespace_name + '/' + policy.name) {
    hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  }
  return static_cast<int64_t>(hash);
}

uint64_t notice_key(const CheckedPolicy& policy, uint64_t id) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
  return static_cast<uint64_t>(tracking_key(policy)) ^ id * kOdd;
}

uint32_t pair_of(const HookPlan& plan, const Numbering& numbering, size_t n) {
  return n < numbering.pairs.size() ? numbering.pairs[n] : plan.sections[n].hook + 1;
}

uint32_t mode_of(const Numbering& numbering, size_t n) {
  return n < numbering.modes.size() ? numbering.modes[n] : static_cast<uint32_t>(n);
}

bool takes_hashes(const HookPlan& plan) {
  return std::ranges::any_of(plan.sections,
                             [](const HookSection& section) { return shows_hash(section.section()); });
}

bool waits_for_memory(const HookPlan& plan, const Kernel& kernel) {
  return is_user(plan.attachment) && kernel.features.uprobe_sleeps &&
         std::ranges::any_of(plan.sections, [](const HookSection& section) {
           return std::ranges::any_of(section.section().args, is_held);
         });
}

uint32_t schemas_of_section(const HookPlan& plan) { return functions_of(plan.target); }

uint32_t counters_of(const HookPlan& plan) {
  uint32_t count = 0;
  for (const HookSection& section : plan.sections)
    count += static_cast<uint32_t>(section.section().selectors.size());
  return count;
}

}  // namespace tripline
