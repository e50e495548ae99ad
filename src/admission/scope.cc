// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "admission/admission.h"
#include "policy/sections.h"

namespace tripline {
namespace {

bool names_module(const policy::Argument& argument) { return !argument.btf_type_module.value.empty(); }
bool name_modules(const std::vector<policy::Argument>& arguments) {
  return std::ranges::any_of(arguments, names_module);
}

// An Override of a function of security modules may become a program at their hook.
void add_security(const std::string& function, ProbeScope& scope) {
  constexpr std::string_view kPrefix = "security_";
  if (function.starts_with(kPrefix)) scope.lsm_hooks_of.push_back(function.substr(kPrefix.size()));
}

bool overrides(const policy::Selector& selector) {
  return std::ranges::any_of(selector.match_actions, [](const policy::Action& action) {
    return action.kind.value == policy::ActionKind::kOverride;
  });
}

// By itself, or by a macro that it names.
bool has_override(const policy::FunctionHook& hook, const policy::Spec& spec) {
  return std::ranges::any_of(hook.selectors, [&spec](const policy::Selector& selector) {
    return overrides(selector) || std::ranges::any_of(selector.macros, [&spec](const policy::Text& name) {
             const auto macro = spec.selectors_macros.find(name.value);
             return macro != spec.selectors_macros.end() && overrides(macro->second);
           });
  });
}

// A function may be of a module.
void add(const policy::FunctionHook& hook, const policy::Spec& spec, ProbeScope& scope) {
  if (!hook.syscall.value && !hook.call.value.starts_with("list:"))
    scope.functions_of.push_back(hook.call.value);
  if (has_override(hook, spec)) add_security(hook.call.value, scope);
  scope.modules |= name_modules(hook.args) || name_modules(hook.data);
}

void add(const policy::TracepointHook& hook, const policy::Spec& /*spec*/, ProbeScope& scope) {
  if (!hook.raw.value) scope.formats_of.push_back(hook.subsystem.value + "/" + hook.event.value);
  scope.modules |= hook.raw.value && name_modules(hook.args);
}

void add(const policy::LsmHook& hook, const policy::Spec& /*spec*/, ProbeScope& scope) {
  scope.lsm_hooks_of.push_back(hook.hook.value);
  scope.modules |= name_modules(hook.args);
}

// Nothing of the kernel is named.
void add(const policy::UprobeHook& /*hook*/, const policy::Spec& /*spec*/, ProbeScope& /*scope*/) {}
void add(const policy::UsdtHook& /*hook*/, const policy::Spec& /*spec*/, ProbeScope& /*scope*/) {}

// The calls of an enforcer are overridden, and so are those of lists.
void add_enforcers(const policy::Spec& spec, ProbeScope& scope) {
  for (const policy::Enforcer& enforcer : spec.enforcers) {
    for (const policy::Text& call : enforcer.calls) add_security(call.value, scope);
  }
}

void add_lists(const policy::Spec& spec, ProbeScope& scope) {
  const auto overridden = [&spec](const policy::FunctionHook& hook) { return has_override(hook, spec); };
  const bool any_override = !spec.enforcers.empty() || std::ranges::any_of(spec.kprobes, overridden);
  for (const policy::NameList& list : spec.lists) {
    for (const policy::Text& name : list.values) {
      if (any_override) add_security(name.value, scope);
      if (!list.type && !name.value.starts_with("sys_")) scope.functions_of.push_back(name.value);
    }
    scope.functions |= list.type && list.type->value != policy::ListType::kSyscalls;
  }
}

}  // namespace

ProbeScope scope_for(std::span<const Document> documents) {
  ProbeScope scope{.functions = false, .formats = false, .lsm_hooks = false, .modules = false};
  for (const Document& document : documents) {
    if (!document.policy) continue;
    const policy::Spec& spec = document.policy->spec;
    policy::for_each_section(spec, [&](const auto&, const auto& hooks) {
      for (const auto& hook : hooks) add(hook, spec, scope);
    });
    add_enforcers(spec, scope);
    add_lists(spec, scope);
  }
  return scope;
}

}  // namespace tripline
