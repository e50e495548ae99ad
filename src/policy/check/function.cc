// SPDX-License-Identifier: Apache-2.0
#include "policy/check/function.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/check/syscall_functions.h"

namespace tripline::policy {
namespace {

constexpr auto kSyscallPrefixes = std::to_array<std::string_view>({"__x64_", "__ia32_", "__arm64_"});

using Function = Btf::Function;

std::string_view syscall_prefix(const Kernel& kernel) {
  return kernel.machine == "aarch64" ? "__arm64_" : "__x64_";
}

// Names that a hook could have meant, without `prefix`: of functions that can be traced, or that have types.
std::vector<std::string_view> candidates(const Checking& checking, std::string_view prefix = {}) {
  std::vector<std::string_view> out;
  if (checking.out.full()) return out;
  const Kernel& kernel = checking.kernel;
  const auto add = [&](std::string_view name) {
    if (name.starts_with(prefix)) out.push_back(name.substr(prefix.size()));
  };
  if (kernel.functions_known) {
    for (const std::string& name : kernel.functions) add(name);
  } else {
    for (const std::string_view name : kernel.btf->function_names()) add(name);
  }
  return out;
}

// "NAME [MODULE]" of a function that can be traced and whose module has no types; empty when there is none.
std::string in_module(const Kernel& kernel, const std::string& function) {
  const std::string start = function + " [";
  const auto found = std::ranges::lower_bound(kernel.module_functions, start);
  return found != kernel.module_functions.end() && found->starts_with(start) ? *found : std::string();
}

// Reports a call that this kernel does not have; only a warning when the policy says so.
void report_missing(const Checking& checking, const FunctionHook& hook, std::string message,
                    std::string hint) {
  if (hook.ignore && hook.ignore->call_not_found.value) {
    checking.out.warning(hook.call.span, message + "; the hook is skipped", {}, std::move(hint));
  } else {
    checking.out.error(hook.call.span, std::move(message), {}, std::move(hint));
  }
}

// System calls are hooked at the function that the architecture's entry code calls.
std::optional<Found> find_syscall(const Checking& checking, const FunctionHook& hook) {
  const Btf& btf = *checking.kernel.btf;
  const std::string& call = hook.call.value;
  const std::string_view prefix = syscall_prefix(checking.kernel);
  const bool prefixed =
      std::ranges::any_of(kSyscallPrefixes, [&](auto each) { return call.starts_with(each); });
  const std::string name = prefixed ? call : std::string(prefix) + call;
  if (auto function = btf.function(name); function && checking.kernel.traceable(name))
    return Found{*std::move(function)};
  std::string hint;
  if (!prefixed && btf.function(call)) {
    hint = quoted(call) +
           " is a kernel function, not a system call: add \"syscall: false\" (the default is true)";
  } else if (!prefixed) {
    hint = did_you_mean(call, candidates(checking, prefix));
    if (hint.empty()) {
      const std::string meant = nearest(call, candidates(checking));
      if (!meant.empty()) hint = "did you mean " + quoted(meant) + " with \"syscall: false\"?";
    }
  }
  report_missing(checking, hook,
                 "this kernel has no system call " + quoted(call) + " (looked for " + quoted(name) + ")",
                 hint);
  return std::nullopt;
}

std::optional<Found> find_kernel_function(const Checking& checking, const FunctionHook& hook) {
  const Kernel& kernel = checking.kernel;
  const std::string& call = hook.call.value;
  std::optional<Function> function = kernel.btf->function(call);
  const ModuleTypes* module = function ? nullptr : kernel.module_of(call);
  if (module != nullptr) function = module->btf.function(call);
  if (function && (module != nullptr ? kernel.traceable(call, *module) : kernel.traceable(call)))
    return Found{*std::move(function), module};
  if (function) {
    checking.out.error(hook.call.span, "the kernel function " + quoted(call) + " cannot be traced", {},
                       "it is marked notrace, its calls are inlined, or another function that cannot be "
                       "traced has the same name; hook one of its callers, or a function that it calls");
    return std::nullopt;
  }
  const std::string untyped = in_module(kernel, call);
  if (!untyped.empty() || std::ranges::binary_search(kernel.functions, call)) {
    checking.out.error(hook.call.span,
                       "the kernel has no type information for " + quoted(untyped.empty() ? call : untyped),
                       {}, "hook one of its callers, or a function that it calls");
    return std::nullopt;
  }
  std::string hint = did_you_mean(call, candidates(checking));
  if (call.starts_with("sys_") && kernel.btf->function(std::string(syscall_prefix(kernel)) + call)) {
    hint = quoted(call) + " is a system call: remove \"syscall: false\"";
  }
  report_missing(checking, hook, "this kernel has no function " + quoted(call), std::move(hint));
  return std::nullopt;
}

// Of a function of a system call that no table leads to.
void warn_of_idle(const Checking& checking, const FunctionHook& hook, const std::string& function) {
  const std::optional<std::string> other = runs_instead(checking.kernel, function);
  if (!other) return;
  const bool is_32 = function.starts_with("__ia32_");
  std::string message =
      (is_32 ? "32-bit programs never call " : "64-bit programs never call ") + quoted(function);
  std::string hint;
  if (!other->empty()) hint = "the system call of that name runs " + quoted(*other);
  if (!is_32 && other->starts_with("__ia32_")) hint = "32-bit programs do, as " + quoted(*other);
  checking.out.warning(hook.call.span, std::move(message), {}, std::move(hint));
}

}  // namespace

bool is_function_alone(const Kernel& kernel, const std::string& name) {
  if (!kernel.btf || kernel.btf->function(std::string(syscall_prefix(kernel)) + name)) return false;
  if (std::ranges::any_of(kSyscallPrefixes, [&](auto prefix) { return name.starts_with(prefix); }))
    return false;
  return kernel.btf->function(name) || kernel.module_of(name) != nullptr;
}

std::optional<Found> find_function(const Checking& checking, const FunctionHook& hook) {
  const std::string& call = hook.call.value;
  if (call.empty()) {
    checking.out.error(hook.call.span, "the call is empty", "the name of a kernel function");
    return std::nullopt;
  }
  if (!checking.kernel.btf) {
    checking.out.error(hook.call.span, "this kernel has no type information (BTF)", {},
                       "it needs a kernel built with CONFIG_DEBUG_INFO_BTF=y");
    return std::nullopt;
  }
  std::optional<Found> found =
      hook.syscall.value ? find_syscall(checking, hook) : find_kernel_function(checking, hook);
  if (found && found->module == nullptr) warn_of_idle(checking, hook, found->function.name);
  return found;
}

}  // namespace tripline::policy
