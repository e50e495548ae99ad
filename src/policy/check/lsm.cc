// SPDX-License-Identifier: Apache-2.0
// Hooks of lsmhooks: a BPF LSM program where BPF is among the active security modules, else fmod_ret on the function
// that calls the hooks of all modules, which is where the kernel would have called it from.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/hashed_hooks.h"
#include "policy/check/arguments.h"
#include "policy/check/check.h"

namespace tripline::policy {
namespace {

constexpr std::string_view kLsmPrefix = "bpf_lsm_";
constexpr std::string_view kSecurityPrefix = "security_";

using Function = Btf::Function;

std::optional<Function> find_lsm_hook(const Checking& checking, const LsmHook& hook) {
  const std::string& name = hook.hook.value;
  if (name.empty()) {
    checking.out.error(hook.hook.span, "the hook is empty", "the name of an LSM hook");
    return std::nullopt;
  }
  if (!checking.kernel.btf) {
    checking.out.error(hook.hook.span, "this kernel has no type information (BTF)", {},
                       "it needs a kernel built with CONFIG_DEBUG_INFO_BTF=y");
    return std::nullopt;
  }
  auto function = checking.kernel.btf->function(std::string(kLsmPrefix) + name);
  if (function) return function;
  std::vector<std::string_view> hooks;
  for (const std::string_view each : checking.kernel.btf->function_names()) {
    if (!each.starts_with(kLsmPrefix)) continue;
    const std::string_view hook_name = each.substr(kLsmPrefix.size());
    if (!std::ranges::binary_search(checking.kernel.lsm_refused, hook_name)) hooks.push_back(hook_name);
  }
  checking.out.error(
      hook.hook.span, "this kernel has no LSM hook " + quoted(name), {},
      hooks.empty() ? "it needs a kernel built with CONFIG_BPF_LSM=y" : did_you_mean(name, hooks));
  return std::nullopt;
}

void choose_lsm_attachment(const Checking& checking, const LsmHook& hook, CheckedHook& checked,
                           const Function& function) {
  const Kernel& kernel = checking.kernel;
  const bool active = kernel.lsms.empty() || std::ranges::find(kernel.lsms, "bpf") != kernel.lsms.end();
  checked.target = target::LsmHook{hook.hook.value};
  checked.attachment = Attachment::kLsm;
  checked.attachment_reason = "BPF is an active security module";
  if (kernel.features.bpf_lsm && active && kernel.from_file && !kernel.lsm_hooks_known) {
    checking.out.error(
        hook.hook.span,
        "it is not known whether this kernel allows BPF LSM programs at " + quoted(hook.hook.value), {},
        missing_section(kernel, "lsm_refused", {}));
    return;
  }
  const bool refused = std::ranges::binary_search(kernel.lsm_refused, hook.hook.value);
  if (kernel.features.bpf_lsm && active && !refused) return;
  const std::string why = !active                    ? "BPF is not among the active security modules"
                          : !kernel.features.bpf_lsm ? "BPF LSM programs cannot be attached on this kernel"
                                                     : "this kernel does not allow BPF LSM programs there";
  const std::string name = std::string(kSecurityPrefix) + hook.hook.value;
  const auto caller = kernel.btf->function(name);
  if (kernel.features.fmod_ret && caller && caller->result && kernel.traceable(name) &&
      fentry_obstacle(*caller).empty() && same_parameters(function, *caller)) {
    checked.target = target::Function{name};
    checked.attachment = Attachment::kFmodRet;
    checked.attachment_reason = "fmod_ret on " + name + ", because " + why;
    return;
  }
  checking.out.error(hook.hook.span, "the LSM hook " + quoted(hook.hook.value) + " cannot be hooked: " + why,
                     {},
                     !active                    ? "boot the kernel with \"lsm=...,bpf\""
                     : !kernel.features.bpf_lsm ? "it needs a kernel built with CONFIG_BPF_LSM=y"
                                                : "");
}

// What a program can return at the hook?
void check_truth_value(const Checking& checking, const LsmHook& hook, const CheckedHook& checked) {
  const bool is_bool = std::ranges::binary_search(checking.kernel.lsm_bool, hook.hook.value);
  if (checked.attachment != Attachment::kLsm || !is_bool) return;
  for (const CheckedSelector& selector : checked.selectors) {
    for (const CheckedAction& action : selector.actions) {
      if (action.kind != CheckedAction::Kind::kOverride || action.error == 0) continue;
      checking.out.error(action.span, "the LSM hook " + quoted(hook.hook.value) +
                                          " returns true or false: it cannot be overridden with an error");
    }
  }
}

// Why events of the hook cannot have a hash, and what would help; the former is empty when they can.
struct Obstacle {
  std::string why;
  std::string hint;
};

Obstacle hash_obstacle(const Kernel& kernel, const std::string& hook, Attachment attachment) {
  if (std::ranges::find(kHashedHooks, hook) == kHashedHooks.end())
    return {"no file can be hashed at " + quoted(hook), did_you_mean(hook, kHashedHooks)};
  if (!kernel.features.ima_file_hash)
    return {"this kernel cannot hash files for BPF programs",
            "it needs helper bpf_ima_file_hash (Linux 5.18) and CONFIG_IMA=y"};
  if (attachment != Attachment::kLsm)
    return {"BPF is not among the active security modules", "boot the kernel with \"lsm=...,bpf\""};
  return {};
}

// A hash that cannot be had is left out of the event, not a reason to go without the event.
void check_hashes(const Checking& checking, const LsmHook& hook, CheckedHook& checked) {
  if (!shows_hash(checked)) return;
  const auto [why, hint] = hash_obstacle(checking.kernel, hook.hook.value, checked.attachment);
  if (why.empty()) return;
  for (CheckedSelector& selector : checked.selectors) {
    for (CheckedAction& action : selector.actions) action.ima_hash = false;
  }
  for (const Selector& selector : hook.selectors) {
    for (const Action& action : selector.match_actions) {
      if (action.kind.value != ActionKind::kPost || !action.ima_hash.value) continue;
      checking.out.warning(action.ima_hash.span, "imaHash has no effect here: " + why, {}, hint);
    }
  }
}

// An Override needs something to override.
void check_result(const Checking& checking, const LsmHook& hook, const Function& function) {
  if (function.result) return;
  for (const Selector& selector : hook.selectors) {
    for (const Action& action : selector.match_actions) {
      if (action.kind.value != ActionKind::kOverride) continue;
      checking.out.error(action.kind.span, "the LSM hook " + quoted(hook.hook.value) +
                                               " returns nothing: there is nothing to override");
    }
  }
}

}  // namespace

bool same_parameters(const Function& a, const Function& b) {
  return std::ranges::equal(a.parameters, b.parameters, {}, &Btf::Parameter::spelling,
                            &Btf::Parameter::spelling);
}

std::optional<CheckedHook> check_lsm_hook(const Checking& checking, const LsmHook& hook) {
  const size_t errors_before = checking.out.errors();
  const std::optional<Function> function = find_lsm_hook(checking, hook);
  // Its arguments are the parameters of a function, as those of any other.
  FunctionHook as_function;
  as_function.span = hook.span;
  as_function.call = hook.hook;
  as_function.syscall.value = false;
  as_function.args = hook.args;
  CheckedHook checked;
  checked.kind = HookKind::kLsm;
  checked.call = hook.hook.value;
  checked.span = hook.span;
  checked.args = check_args(checking, as_function, HookKind::kLsm, function);
  checked.message = check_message(checking, hook.message);
  checked.tags = check_tags(checking, hook.tags);
  const SelectorOf of{checking,     HookKind::kLsm,         hook.args,     as_function.data,
                      checked.args, as_function.return_arg, checked.result};
  for (const Selector& selector : hook.selectors) checked.selectors.push_back(check_selector(of, selector));
  if (hook.selectors.empty()) {
    checked.selectors.push_back({.actions = {{.span = hook.span}},
                                 .return_actions = {{.span = hook.span}},
                                 .span = hook.span,
                                 .implied = true});
  }
  if (!function) return std::nullopt;
  checked.parameters = static_cast<uint32_t>(function->parameters.size());
  check_result(checking, hook, *function);
  choose_lsm_attachment(checking, hook, checked, *function);
  check_truth_value(checking, hook, checked);
  check_hashes(checking, hook, checked);
  read_saved_arguments(checking.kernel, *function, checked);
  if (checking.out.errors() != errors_before) return std::nullopt;
  return checked;
}

}  // namespace tripline::policy
