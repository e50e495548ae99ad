// SPDX-License-Identifier: Apache-2.0
// spec.enforcers: the calls at which notices are enforced that hooks of the policy leave with NotifyEnforcer. A system
// call is kept from running by a kprobe that overrides it, or by fmod_ret, as the option override-method says; a security
// function by fmod_ret.
//
// A notice is taken by the next enforced call of the thread. Where the hook itself is on an enforced call, that is the same
// call: then its action does at once what the notice would have said.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "policy/check/check.h"
#include "policy/check/function.h"
#include "policy/check/lists.h"

namespace tripline::policy {
namespace {

using Function = Btf::Function;

constexpr std::string_view kSecurity = "security_";
constexpr std::string_view kSyscall = "sys_";
constexpr std::string_view kFmodRet = "fmod-ret";
constexpr std::string_view kOverrideReturn = "override-return";
constexpr auto kPrefixes = std::to_array<std::string_view>({"__x64_", "__ia32_", "__arm64_"});

bool is_security(std::string_view call) { return call.starts_with(kSecurity); }
bool is_syscall(std::string_view call) {
  return call.starts_with(kSyscall) ||
         std::ranges::any_of(kPrefixes, [&](auto prefix) { return call.starts_with(prefix); });
}

class EnforcerCheck {
 public:
  explicit EnforcerCheck(const Checking& checking) : checking_(checking) {
    if (const Option* option = last_option(checking.policy.spec, OptionName::kOverrideMethod)) {
      method_ = option->value.value;
      method_span_ = option->value.span;
    }
  }

  std::vector<CheckedHook> run() {
    for (const Enforcer& enforcer : checking_.policy.spec.enforcers) {
      for (const Text& call : enforcer.calls) {
        if (const auto name = list_name(call.value)) {
          list(*name, call.span);
        } else {
          one(call, call.span);
        }
      }
    }
    return std::move(out_);
  }

 private:
  void list(std::string_view name, Span span) {
    const NameList* found = find_list(checking_, name, span);
    if (found == nullptr) return;
    const ListedCalls& calls = calls_of(checking_, *found);
    if (calls.wrong) return;
    for (const Text& call : calls.names) {
      if (!checking_.lists.spend(1, checking_.out, span)) return;
      one(call, span);
    }
  }

  // `span`: what names it in the enforcer.
  void one(const Text& call, Span span) {
    if (!is_security(call.value) && !is_syscall(call.value)) {
      checking_.out.error(call.span, quoted(call.value) + " is neither a system call nor a security function",
                          "sys_NAME, or a function whose name starts with security_");
      return;
    }
    FunctionHook as_hook;
    as_hook.span = span;
    as_hook.call = call;
    as_hook.syscall.value = !is_security(call.value);
    const std::optional<Found> found = find_function(checking_, as_hook);
    if (!found || !known_.insert(found->function.name).second) return;
    CheckedHook hook;
    hook.call = call.value;
    hook.span = span;
    hook.target = target::Function{found->function.name, found->module != nullptr ? found->module->name : ""};
    hook.parameters = static_cast<uint32_t>(found->function.parameters.size());
    if (as_hook.syscall.value ? syscall(found->function, hook) : security(found->function, hook))
      out_.push_back(std::move(hook));
  }

  bool security(const Function& function, CheckedHook& hook) {
    const Features& features = checking_.kernel.features;
    if (method_ == kOverrideReturn && !std::exchange(told_, true)) {
      checking_.out.error(method_span_, "override-return cannot be used with security functions",
                          std::string(kFmodRet) + ", or no such option");
    }
    const std::string obstacle = function.result ? fentry_obstacle(function) : "it returns nothing";
    if (!features.fmod_ret || !obstacle.empty()) {
      checking_.out.error(
          hook.span, quoted(function.name) + " cannot be overridden on this kernel", {},
          features.fmod_ret ? obstacle : "it needs fmod_ret programs (CONFIG_FUNCTION_TRACER, Linux 5.7)");
      return false;
    }
    hook.attachment = Attachment::kFmodRet;
    hook.attachment_reason = "fmod_ret, which can replace the function's return value";
    return method_ != kOverrideReturn;
  }

  bool syscall(const Function& function, CheckedHook& hook) {
    const Kernel& kernel = checking_.kernel;
    const bool allowed =
        kernel.error_injection.empty() || std::ranges::binary_search(kernel.error_injection, function.name);
    const bool listed = std::ranges::binary_search(kernel.error_injection, function.name);
    if (method_ != kFmodRet && allowed && kernel.features.override_return && kernel.features.kprobe) {
      hook.attachment = Attachment::kKprobe;
      hook.attachment_reason = "kprobe, for bpf_override_return keeps a system call from running";
      return true;
    }
    if (method_ != kOverrideReturn && listed && kernel.features.fmod_ret) {
      hook.attachment = Attachment::kFmodRet;
      hook.attachment_reason = "fmod_ret, which can replace the system call's return value";
      return true;
    }
    const bool could = kernel.features.override_return || (listed && kernel.features.fmod_ret);
    checking_.out.error(
        hook.span, "this kernel cannot override system calls", {},
        !could    ? "it needs helper bpf_override_return (CONFIG_BPF_KPROBE_OVERRIDE=y); an enforcer on "
                    "the security function behind the call works"
        : allowed ? "not by way of " + method_
                  : quoted(function.name) + " is not on the kernel's error injection list");
    return false;
  }

  const Checking& checking_;
  std::string method_;  // empty: whichever works
  Span method_span_;
  bool told_ = false;
  std::set<std::string> known_;
  std::vector<CheckedHook> out_;
};

}  // namespace

std::vector<CheckedHook> check_enforcers(const Checking& checking) { return EnforcerCheck(checking).run(); }

const CheckedHook* enforced_call(const Checking& checking, const std::string& function) {
  const auto found = std::ranges::find_if(
      checking.enforced, [&](const CheckedHook& call) { return full_name(call.target) == function; });
  return found == checking.enforced.end() ? nullptr : &*found;
}

bool notifies(const CheckedHook& hook) {
  return std::ranges::any_of(hook.selectors, [](const CheckedSelector& selector) {
    return std::ranges::find(selector.actions, CheckedAction::Kind::kNotifyEnforcer, &CheckedAction::kind) !=
           selector.actions.end();
  });
}

void act_directly(CheckedHook& hook) {
  for (CheckedSelector& selector : hook.selectors) {
    for (CheckedAction& action : selector.actions) {
      if (action.kind == CheckedAction::Kind::kNotifyEnforcer && action.has_effect) action.direct = true;
    }
  }
}

}  // namespace tripline::policy
