// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "admission/admission.h"

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

bool has_override(const policy::FunctionHook& hook) {
  return std::ranges::any_of(hook.selectors, [](const policy::Selector& selector) {
    return std::ranges::any_of(selector.match_actions, [](const policy::Action& action) {
      return action.kind.value == policy::ActionKind::kOverride;
    });
  });
}

// What must be known for hooks on functions, which may be of modules.
void add_functions(const std::vector<policy::FunctionHook>& hooks, ProbeScope& scope) {
  for (const policy::FunctionHook& hook : hooks) {
    if (!hook.syscall.value && !hook.call.value.starts_with("list:"))
      scope.functions_of.push_back(hook.call.value);
    if (has_override(hook)) add_security(hook.call.value, scope);
    scope.modules |= name_modules(hook.args) || name_modules(hook.data);
  }
}

}  // namespace

ProbeScope scope_for(std::span<const Document> documents) {
  ProbeScope scope{.functions = false, .formats = false, .lsm_hooks = false, .modules = false};
  for (const Document& document : documents) {
    if (!document.policy) continue;
    for (const policy::TracepointHook& hook : document.policy->spec.tracepoints) {
      if (!hook.raw.value) scope.formats_of.push_back(hook.subsystem.value + "/" + hook.event.value);
      scope.modules |= hook.raw.value && name_modules(hook.args);
    }
    for (const policy::LsmHook& hook : document.policy->spec.lsm_hooks) {
      scope.lsm_hooks_of.push_back(hook.hook.value);
      scope.modules |= name_modules(hook.args);
    }
    add_functions(document.policy->spec.kprobes, scope);
    add_functions(document.policy->spec.fentries, scope);
    for (const policy::NameList& list : document.policy->spec.lists) {
      for (const policy::Text& name : list.values) {
        if (std::ranges::any_of(document.policy->spec.kprobes, has_override)) add_security(name.value, scope);
        if (!list.type && !name.value.starts_with("sys_")) scope.functions_of.push_back(name.value);
      }
      scope.functions |= list.type && list.type->value != policy::ListType::kSyscalls;
    }
  }
  return scope;
}

}  // namespace tripline
