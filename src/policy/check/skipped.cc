// SPDX-License-Identifier: Apache-2.0
// Where tasks preempt programs, the kernel skips a tracing program on a CPU where a task lost its turn inside it
// (docs/decisions/006-preemption.md). What enforces is attached in a way that is never skipped so, where there is one.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "policy/check/check.h"

namespace tripline::policy {
namespace {

constexpr std::string_view kSecurityPrefix = "security_";
constexpr int32_t kLowestError = -4095;

bool acts(const CheckedHook& hook) {
  return std::ranges::any_of(hook.selectors, [](const CheckedSelector& selector) {
    return std::ranges::any_of(selector.actions, [](const CheckedAction& action) {
      using enum CheckedAction::Kind;
      return action.kind == kSigkill || action.kind == kOverride || action.kind == kNotifyEnforcer ||
             (action.kind == kSignal && action.signal != 0);
    });
  });
}

// The hook of security modules that a BPF LSM program can take the place of fmod_ret at; empty when there is none.
std::string lsm_hook_of(const Kernel& kernel, const CheckedHook& hook) {
  const std::string function = short_name(hook.target);
  const bool active = std::ranges::find(kernel.lsms, "bpf") != kernel.lsms.end();
  if (!kernel.features.bpf_lsm || !active || !function.starts_with(kSecurityPrefix)) return {};
  std::string name = function.substr(kSecurityPrefix.size());
  if (std::ranges::binary_search(kernel.lsm_refused, name) ||
      std::ranges::binary_search(kernel.lsm_bool, name))
    return {};
  const auto own = kernel.btf->function(function);
  const auto of_modules = kernel.btf->function("bpf_lsm_" + name);
  if (!own || !of_modules || !same_parameters(*own, *of_modules)) return {};
  for (const CheckedSelector& selector : hook.selectors) {
    for (const CheckedAction& action : selector.actions) {
      const bool is_error = action.error >= kLowestError && action.error <= 0;
      if ((action.kind == CheckedAction::Kind::kOverride || action.direct) && !is_error) return {};
    }
  }
  return name;
}

}  // namespace

void keep_from_skipping(const Kernel& kernel, CheckedHook& hook) {
  // At the return there is no other way that sees every call.
  if (!kernel.features.preempts || !acts(hook) || waits_for_return(hook)) return;
  const std::string why = ", because this kernel can preempt programs, and would skip ";
  if (hook.attachment == Attachment::kFentry && kernel.features.kprobe_multi) {
    hook.target = target::Functions{{full_name(hook.target)}};
    hook.attachment = Attachment::kKprobeMulti;
    hook.attachment_reason = "kprobe_multi" + why + "fentry";
  } else if (hook.attachment == Attachment::kFmodRet && hook.kind == HookKind::kKprobe) {
    std::string name = lsm_hook_of(kernel, hook);
    if (name.empty()) return;
    hook.attachment_reason = "lsm" + why + "fmod_ret";
    hook.attachment = Attachment::kLsm;
    hook.target = target::LsmHook{std::move(name)};
  }
}

void keep_call_from_skipping(const Kernel& kernel, const std::vector<CheckedHook>& hooks, CheckedHook& call) {
  // As a hook that overrides it with any of what it can be told to return.
  CheckedHook as_hook = call;
  CheckedSelector& selector = as_hook.selectors.emplace_back();
  selector.actions.push_back({.kind = CheckedAction::Kind::kOverride});
  for (const CheckedHook& hook : hooks) {
    for (const CheckedSelector& each : hook.selectors) {
      for (const CheckedAction& action : each.actions) {
        if (action.kind == CheckedAction::Kind::kNotifyEnforcer)
          selector.actions.push_back({.kind = CheckedAction::Kind::kOverride, .error = action.error});
      }
    }
  }
  keep_from_skipping(kernel, as_hook);
  call.target = as_hook.target;
  call.attachment = as_hook.attachment;
  call.attachment_reason = as_hook.attachment_reason;
}

}  // namespace tripline::policy
