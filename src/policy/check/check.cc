// SPDX-License-Identifier: Apache-2.0
#include "policy/check/check.h"

#include <algorithm>
#include <array>

#include "policy/number.h"
#include "policy/scratch.h"

namespace tripline::policy {
namespace {

constexpr auto kTrue = std::to_array<std::string_view>({"1", "t", "T", "TRUE", "true", "True"});
constexpr auto kFalse = std::to_array<std::string_view>({"0", "f", "F", "FALSE", "false", "False"});
constexpr auto kModes = std::to_array<std::string_view>({"enforce", "monitor"});
constexpr auto kOverrideMethods = std::to_array<std::string_view>({"fmod-ret", "override-return"});

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// Where to point at when an option's value is wrong: the value, or the name when it has none.
Span value_span(const Option& option) {
  return option.value.span.line > 0 ? option.value.span : option.name.span;
}

void check_choice(const Checking& checking, const Option& option, std::span<const std::string_view> choices) {
  if (contains(choices, option.value.value)) return;
  checking.out.error(value_span(option),
                     quoted(option.value.value) + " is not a valid value of " + option.name.value,
                     "one of " + listed(choices), did_you_mean(option.value.value, choices));
}

void check_flag(const Checking& checking, const Option& option) {
  if (contains(kTrue, option.value.value) || contains(kFalse, option.value.value)) return;
  checking.out.error(value_span(option),
                     quoted(option.value.value) + " is not a valid value of " + option.name.value,
                     "true or false");
}

void check_size(const Checking& checking, const Option& option) {
  const auto number = parse_integer(option.value.value);
  if (!number || number->negative || number->magnitude == 0) {
    checking.out.error(value_span(option),
                       quoted(option.value.value) + " is not a valid value of " + option.name.value,
                       "an integer above 0");
  }
}

// Every option is looked at, also one that a later one of the same name replaces.
void check_options(const Checking& checking) {
  for (const Option& option : checking.policy.spec.options) {
    const auto name = parse_word<OptionName>(option.name.value);
    if (!name) {
      checking.out.warning(option.name.span, "unknown option " + quoted(option.name.value) + " has no effect",
                           "one of " + listed(Words<OptionName>::all),
                           did_you_mean(option.name.value, Words<OptionName>::all));
      continue;
    }
    switch (*name) {
      case OptionName::kDisableKprobeMulti:
      case OptionName::kDisableUprobeMulti:
        check_flag(checking, option);
        break;
      case OptionName::kOverrideMethod:
        check_choice(checking, option, kOverrideMethods);
        break;
      case OptionName::kPolicyMode:
        check_choice(checking, option, kModes);
        break;
      case OptionName::kSleepablePreloadSize:
        check_size(checking, option);
        break;
    }
  }
}

// The option of this name that counts: the last.
const Option* last_option(const Spec& spec, OptionName name) {
  const Option* found = nullptr;
  for (const Option& option : spec.options) {
    if (option.name.value == word(name)) found = &option;
  }
  return found;
}

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
  return std::ranges::any_of(spec.kprobes, hook_enforces) ||
         std::ranges::any_of(spec.fentries, hook_enforces) ||
         std::ranges::any_of(spec.tracepoints, hook_enforces) ||
         std::ranges::any_of(spec.lsm_hooks, hook_enforces);
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
  for (const auto& each : spec.uprobes) checking.not_supported(each.span, "a uprobes hook");
  for (const auto& each : spec.usdts) checking.not_supported(each.span, "a usdts hook");
  for (const auto& each : spec.enforcers) checking.not_supported(each.span, "an enforcer");
  if (spec.loader.value) checking.not_supported(spec.loader.span, "loader");
  if (spec.pod_selector) checking.not_supported(spec.pod_selector->span, "podSelector");
  if (spec.container_selector) checking.not_supported(spec.container_selector->span, "containerSelector");
  if (checking.policy.kind.value == PolicyKind::kTracingPolicyNamespaced) {
    checking.out.warning(
        checking.policy.namespace_name.span,
        "without Kubernetes the namespace is ignored: the policy applies to every process on the machine");
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
  switch (kind) {
    case ActionKind::kSigkill:
    case ActionKind::kSignal:
    case ActionKind::kOverride:
    case ActionKind::kNotifyEnforcer:
    case ActionKind::kSet:
      return true;
    case ActionKind::kPost:
    case ActionKind::kGetUrl:
    case ActionKind::kDnsLookup:
    case ActionKind::kNoPost:
    case ActionKind::kTrackSock:
    case ActionKind::kUntrackSock:
    case ActionKind::kCleanupEnforcerNotification:
      return false;
  }
  return false;
}

}  // namespace tripline::policy

namespace tripline {

bool is_socket(ArgType type) { return type == ArgType::kSock || type == ArgType::kSocket; }

bool tracks_sockets(const CheckedPolicy& policy) {
  const auto tracks = [](const CheckedAction& action) {
    return action.kind == CheckedAction::Kind::kTrackSock && action.sock;
  };
  return std::ranges::any_of(policy.hooks, [&](const CheckedHook& hook) {
    return hook.result_tracking == SockTracking::kTrack ||
           std::ranges::any_of(hook.selectors, [&](const CheckedSelector& selector) {
             return std::ranges::any_of(selector.actions, tracks) ||
                    std::ranges::any_of(selector.return_actions, tracks);
           });
  });
}

bool overrides(const CheckedHook& hook) {
  return std::ranges::any_of(hook.selectors, [](const CheckedSelector& selector) {
    return std::ranges::find(selector.actions, CheckedAction::Kind::kOverride, &CheckedAction::kind) !=
           selector.actions.end();
  });
}

bool shows_hash(const CheckedHook& hook) {
  return std::ranges::any_of(hook.selectors, [](const CheckedSelector& selector) {
    return std::ranges::any_of(selector.actions, &CheckedAction::ima_hash);
  });
}

std::string shown_function(const CheckedHook& hook) {
  if (hook.kind == HookKind::kLsm) return hook.call;
  const auto* lsm_hook = std::get_if<target::LsmHook>(&hook.target);
  return lsm_hook != nullptr ? "security_" + lsm_hook->name : short_name(hook.target);
}

bool waits_for_return(const CheckedHook& hook) {
  return hook.result || std::ranges::any_of(hook.args, &CheckedArg::return_copy);
}

namespace {

std::vector<CheckedHook> list_of(std::optional<CheckedHook> hook) {
  std::vector<CheckedHook> out;
  if (hook) out.push_back(*std::move(hook));
  return out;
}

}  // namespace

std::optional<CheckedPolicy> check(const Policy& policy, const Kernel& kernel, Diagnostics& diagnostics,
                                   const CheckOptions& options) {
  const size_t errors_before = diagnostics.errors();
  policy::Lists lists(policy.spec);
  const policy::Checking checking{policy,      kernel,  kernel.btf ? &*kernel.btf : nullptr,
                                  diagnostics, options, lists};
  CheckedPolicy checked;
  checked.name = policy.name.value;
  checked.namespace_name = policy.namespace_name.value;
  checked.source_name = policy.source_name;
  Policy expanded = policy;
  policy::expand_macros(checking, expanded.spec);
  policy::check_sections(checking);
  policy::check_lists(checking);
  policy::check_options(checking);
  policy::check_mode(checking, expanded.spec, checked);
  const auto keep = [&](auto&& hooks, size_t index) {
    if (!hooks.empty()) policy::check_room(checking, hooks.front());  // the others of a list read the same
    for (CheckedHook& hook : hooks) {
      hook.index = static_cast<uint32_t>(index);
      if (!checked.monitor_only) policy::keep_from_skipping(kernel, hook);  // its mode can change
      checked.hooks.push_back(std::move(hook));
    }
  };
  const auto check_all = [&](const auto& hooks, auto&& check_one) {
    for (size_t index = 0; index < hooks.size(); ++index) {
      std::vector<CheckedHook> found = check_one(hooks[index]);
      if (found.empty()) checked.partial = true;
      keep(std::move(found), index);
    }
  };
  const policy::Spec& spec = expanded.spec;
  const auto check_functions = [&](const std::vector<policy::FunctionHook>& hooks, HookKind kind) {
    uint32_t index = 0;
    check_all(hooks, [&](const policy::FunctionHook& hook) {
      bool some_missing = false;
      auto found = check_hooks(checking, hook, kind, some_missing);
      const auto presence = found.empty()  ? Presence::Found::kNone
                            : some_missing ? Presence::Found::kSome
                                           : Presence::Found::kAll;
      checked.partial |= some_missing;
      checked.presences.push_back({kind, index++, hook.call.value, presence});
      return found;
    });
  };
  check_functions(spec.kprobes, HookKind::kKprobe);
  check_functions(spec.fentries, HookKind::kFentry);
  check_all(spec.tracepoints, [&](const auto& hook) { return list_of(check_tracepoint(checking, hook)); });
  check_all(spec.lsm_hooks, [&](const auto& hook) { return list_of(check_lsm_hook(checking, hook)); });
  if (diagnostics.errors() != errors_before) return std::nullopt;
  return checked;
}

}  // namespace tripline
