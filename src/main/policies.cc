// SPDX-License-Identifier: Apache-2.0
#include "main/policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/diagnostics.h"
#include "base/result.h"
#include "base/source.h"
#include "main/input.h"
#include "policy/lint/lint.h"
#include "policy/policy.h"

namespace tripline {
namespace {

std::optional<ReadPolicy> read_policy(const std::string& path) {
  // One byte more than a document may have: enough for parse to say so, whatever the size of the file.
  Result<std::string> text = read_file(path, kLargestDocument + 1);
  if (!text) {
    fmt::print(stderr, "tripline: {}\n", text.error().text());
    return std::nullopt;
  }
  ReadPolicy out{.source = {path, std::move(*text)}, .diagnostics = {}, .policy = {}};
  out.policy = parse(out.source, out.diagnostics);
  return out;
}

std::shared_ptr<const CheckedPolicy> check_policy(ReadPolicy read, const Kernel& kernel,
                                                  const CheckOptions& options, bool with_lint) {
  std::optional<CheckedPolicy> checked;
  if (read.policy) checked = check(*read.policy, kernel, read.diagnostics, options);
  if (checked && with_lint) lint(*checked, kernel, read.diagnostics);
  read.diagnostics.sort();
  for (const Diagnostic& diagnostic : read.diagnostics.all()) {
    fmt::print(stderr, "{}", render(read.source, diagnostic));
  }
  if (!checked || read.diagnostics.has_errors()) return nullptr;
  return std::make_shared<const CheckedPolicy>(std::move(*checked));
}

}  // namespace

std::optional<std::vector<ReadPolicy>> read_policies(const std::vector<std::string>& paths) {
  std::vector<ReadPolicy> out;
  for (const std::string& path : paths) {
    if (auto read = read_policy(path)) out.push_back(*std::move(read));
  }
  if (out.size() != paths.size()) return std::nullopt;
  return out;
}

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

ProbeScope scope_for(std::span<const ReadPolicy> policies) {
  ProbeScope scope{.functions = false, .formats = false, .lsm_hooks = false, .modules = false};
  for (const ReadPolicy& read : policies) {
    if (!read.policy) continue;
    for (const policy::TracepointHook& hook : read.policy->spec.tracepoints) {
      if (!hook.raw.value) scope.formats_of.push_back(hook.subsystem.value + "/" + hook.event.value);
      scope.modules |= hook.raw.value && name_modules(hook.args);
    }
    for (const policy::LsmHook& hook : read.policy->spec.lsm_hooks) {
      scope.lsm_hooks_of.push_back(hook.hook.value);
      scope.modules |= name_modules(hook.args);
    }
    add_functions(read.policy->spec.kprobes, scope);
    add_functions(read.policy->spec.fentries, scope);
    for (const policy::NameList& list : read.policy->spec.lists) {
      for (const policy::Text& name : list.values) {
        if (std::ranges::any_of(read.policy->spec.kprobes, has_override)) add_security(name.value, scope);
        if (!list.type && !name.value.starts_with("sys_")) scope.functions_of.push_back(name.value);
      }
      scope.functions |= list.type && list.type->value != policy::ListType::kSyscalls;
    }
  }
  return scope;
}

namespace {

std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> check_all(std::vector<ReadPolicy> read,
                                                                           const Kernel& kernel,
                                                                           const CheckOptions& options,
                                                                           bool with_lint) {
  std::vector<std::shared_ptr<const CheckedPolicy>> policies;
  for (ReadPolicy& each : read) policies.push_back(check_policy(std::move(each), kernel, options, with_lint));
  if (std::ranges::find(policies, nullptr) != policies.end()) return {};
  return policies;
}

}  // namespace

std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> check_policies(std::vector<ReadPolicy> read,
                                                                                const Kernel& kernel,
                                                                                const CheckOptions& options) {
  return check_all(std::move(read), kernel, options, false);
}

std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> load_policies(
    const std::vector<std::string>& paths, const Kernel& kernel, const CheckOptions& options) {
  auto read = read_policies(paths);
  if (!read) return {};
  return check_all(*std::move(read), kernel, options, true);
}

}  // namespace tripline
