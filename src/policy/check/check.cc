// SPDX-License-Identifier: Apache-2.0
#include "policy/check/check.h"

#include <algorithm>
#include <concepts>

#include "policy/scratch.h"
#include "policy/sections.h"

namespace tripline::policy {
namespace {

// Does an action that runs enforce anything? Those of a return do not run at hooks that have none.
bool enforces(const Spec& spec) {
  const auto any = [](const std::vector<Action>& actions) {
    return std::ranges::any_of(actions, [](const Action& action) { return is_enforcing(action.kind.value); });
  };
  const auto hook_enforces = [&](const auto& hook) {
    bool returns = false;
    if constexpr (requires { hook.wants_return; }) returns = hook.wants_return.value;
    return std::ranges::any_of(hook.selectors, [&](const Selector& selector) {
      return any(selector.match_actions) || (returns && any(selector.match_return_actions));
    });
  };
  bool out = false;
  for_each_section(spec, [&](const auto& section, const auto& hooks) {
    out |= section.kind && std::ranges::any_of(hooks, hook_enforces);
  });
  return out;
}

// `expanded`: with what macros add.
void check_mode(const Checking& checking, const Spec& expanded, CheckedPolicy& checked) {
  const Option* mode = last_option(checking.policy.spec, OptionName::kPolicyMode);
  checked.monitor_only = !enforces(expanded);
  checked.enforce = !checked.monitor_only && (mode == nullptr || mode->value.value != "monitor");
  if (checked.monitor_only && mode != nullptr && mode->value.value == "enforce") {
    checking.out.warning(mode->value.span,
                         "this policy only monitors: none of its actions enforces anything");
  }
}

void check_sections(const Checking& checking) {
  const Spec& spec = checking.policy.spec;
  for_each_section(spec, [&](const auto& section, const auto& hooks) {
    if (section.kind) return;
    for (const auto& each : hooks)
      checking.not_supported(each.span, "a " + std::string(section.name) + " hook");
  });
  if (checking.policy.kind.value == PolicyKind::kTracingPolicyNamespaced) {
    for_each_section(spec, [&](const auto& section, const auto& hooks) {
      if (!section.kind || !is_user(*section.kind) || hooks.empty()) return;
      checking.out.error(hooks.front().span,
                         std::string(section.name) + " cannot be in a TracingPolicyNamespaced",
                         "kind: TracingPolicy");
    });
  }
}

// Is there room for all that the hook reads? For the first that has none, an error.
void check_room(const Checking& checking, const CheckedHook& hook) {
  Room room;
  for (size_t n = 0; n < hook.args.size(); ++n) {
    const CheckedArg& arg = hook.args[n];
    if (n == kMostArgs) {
      checking.out.error(arg.span, "this hook reads too many arguments",
                         "at most " + std::to_string(kMostArgs) + ", data included");
    } else if (!room.take(arg)) {
      checking.out.error(arg.span, "too many arguments of this type on one hook",
                         "at most " + std::to_string(kMostTexts) + " strings, buffers and paths, and " +
                             std::to_string(kMostValues) + " arguments that are not plain numbers");
    } else {
      continue;
    }
    return;
  }
}

}  // namespace

void Checking::not_supported(Span span, std::string_view what) const {
  out.error(span, std::string(what) + " is not supported yet");
}

bool is_enforcing(ActionKind kind) {
  static constexpr bool kEnforces[] = {
#define TRIPLINE_ENFORCES(name, word, number, enforces, ...) enforces,
      TRIPLINE_ACTIONS(TRIPLINE_ENFORCES)
#undef TRIPLINE_ENFORCES
  };
  return kEnforces[static_cast<size_t>(kind)];
}

}  // namespace tripline::policy

namespace tripline {

namespace {

std::vector<CheckedHook> list_of(std::optional<CheckedHook> hook) {
  std::vector<CheckedHook> out;
  if (hook) out.push_back(*std::move(hook));
  return out;
}

// A hook of a section, which is several where it is on a list of functions.
std::vector<CheckedHook> check_one(const policy::Checking& checking,
                                   const policy::Section<policy::FunctionHook>& section,
                                   const policy::FunctionHook& hook, bool& partial) {
  return check_hooks(checking, hook, *section.kind, partial);
}
std::vector<CheckedHook> check_one(const policy::Checking& checking,
                                   const policy::Section<policy::TracepointHook>& /*section*/,
                                   const policy::TracepointHook& hook, bool& /*partial*/) {
  return list_of(check_tracepoint(checking, hook));
}
std::vector<CheckedHook> check_one(const policy::Checking& checking,
                                   const policy::Section<policy::LsmHook>& /*section*/,
                                   const policy::LsmHook& hook, bool& /*partial*/) {
  return list_of(check_lsm_hook(checking, hook));
}
std::vector<CheckedHook> check_one(const policy::Checking& checking,
                                   const policy::Section<policy::UprobeHook>& /*section*/,
                                   const policy::UprobeHook& hook, bool& partial) {
  return check_uprobe(checking, hook, partial);
}
std::vector<CheckedHook> check_one(const policy::Checking& checking,
                                   const policy::Section<policy::UsdtHook>& /*section*/,
                                   const policy::UsdtHook& hook, bool& /*partial*/) {
  return check_usdt(checking, hook);
}

}  // namespace

std::optional<CheckedPolicy> check(const Policy& policy, const Kernel& kernel, Diagnostics& diagnostics,
                                   const CheckOptions& options, const Files& files) {
  const size_t errors_before = diagnostics.errors();
  policy::Lists lists(policy.spec);
  CheckedPolicy checked;
  const policy::Checking checking{policy,      kernel,          kernel.btf ? &*kernel.btf : nullptr,
                                  diagnostics, options,         lists,
                                  files,       checked.enforced};
  checked.name = policy.name.value;
  checked.namespace_name = policy.namespace_name.value;
  checked.source_name = policy.source_name;
  Policy expanded = policy;
  policy::expand_macros(checking, expanded.spec);
  checked.scope = policy::check_scope(checking);
  policy::check_sections(checking);
  policy::check_lists(checking);
  policy::check_options(checking);
  policy::check_mode(checking, expanded.spec, checked);
  checked.enforced = policy::check_enforcers(checking);
  policy::check_uprobes_agree(checking, expanded.spec.uprobes);
  const auto keep = [&](auto&& hooks, size_t index) {
    if (!hooks.empty()) policy::check_room(checking, hooks.front());  // the others of a list read the same
    for (CheckedHook& hook : hooks) {
      hook.index = static_cast<uint32_t>(index);
      if (!checked.monitor_only) policy::keep_from_skipping(kernel, hook);  // its mode can change
      checked.hooks.push_back(std::move(hook));
    }
  };
  policy::for_each_section(expanded.spec, [&](const auto& section, const auto& hooks) {
    for (size_t index = 0; index < hooks.size(); ++index) {
      bool some_missing = false;
      std::vector<CheckedHook> found = check_one(checking, section, hooks[index], some_missing);
      const auto presence = found.empty()  ? Presence::Found::kNone
                            : some_missing ? Presence::Found::kSome
                                           : Presence::Found::kAll;
      if (section.kind && presence != Presence::Found::kAll) checked.partial = true;
      using Hook = std::decay_t<decltype(hooks[index])>;
      if constexpr (std::same_as<Hook, policy::FunctionHook>) {
        if (section.kind)
          checked.presences.push_back(
              {*section.kind, static_cast<uint32_t>(index), hooks[index].call.value, presence});
      }
      if constexpr (std::same_as<Hook, policy::UprobeHook>) {
        checked.presences.push_back({*section.kind, static_cast<uint32_t>(index), hooks[index].path.value,
                                     some_missing ? Presence::Found::kRejected : Presence::Found::kAll});
      }
      keep(std::move(found), index);
    }
  });
  for (CheckedHook& call : checked.enforced) policy::keep_call_from_skipping(kernel, checked.hooks, call);
  if (policy.spec.loader.value) keep(list_of(policy::check_loader(checking)), 0);
  if (diagnostics.errors() != errors_before) return std::nullopt;
  return checked;
}

}  // namespace tripline
