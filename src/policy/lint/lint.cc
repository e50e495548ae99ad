// SPDX-License-Identifier: Apache-2.0
#include "policy/lint/lint.h"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "policy/check/check.h"
#include "policy/lint/implies.h"
#include "policy/overlay.h"

namespace tripline {
namespace {

bool enforces(const CheckedAction& action) { return action.enforces && action.has_effect; }

// The argument a filter is about; null for those about the process, or about several.
struct ArgOf {
  const CheckedHook& hook;
  const CheckedArg* operator()(const IntFilter& filter) const { return &hook.args[filter.arg]; }
  const CheckedArg* operator()(const PathFilter& filter) const { return &hook.args[filter.arg]; }
  const CheckedArg* operator()(const TextFilter& filter) const { return &hook.args[filter.arg]; }
  const CheckedArg* operator()(const FileTypeFilter& filter) const { return &hook.args[filter.arg]; }
  const CheckedArg* operator()(const SocketFilter& filter) const { return &hook.args[filter.arg]; }
  const CheckedArg* operator()(const auto& /*other*/) const { return nullptr; }
};

// Is it read by way of a pointer that the process passed to a system call?
bool is_in_process_memory(const CheckedHook& hook, const CheckedArg& arg) {
  const auto* tracepoint = std::get_if<target::Tracepoint>(&hook.target);
  const bool of_call = arg.source.kind == ArgSource::Kind::kSyscall ||
                       (tracepoint != nullptr && tracepoint->subsystem == "syscalls");
  if (!of_call) return false;
  const ArgFamily family = family_of(arg.type);
  return !arg.source.steps.empty() || family == ArgFamily::kText || family == ArgFamily::kSocket ||
         family == ArgFamily::kUnixAddress;
}

bool excludes_paths(PathFilter::Op op) {
  using enum PathFilter::Op;
  return op == kNotEqual || op == kNotPrefix || op == kNotPostfix;
}

class Lint {
 public:
  Lint(const CheckedPolicy& policy, const Kernel& kernel, Diagnostics& out)
      : policy_(policy), kernel_(kernel), out_(out) {}

  void run() {
    for (const CheckedHook& hook : policy_.hooks) {
      for (const CheckedSelector& selector : hook.selectors) {
        for (const Filter& filter : selector.filters) look_at(hook, filter);
      }
      order_of_selectors(hook);
      layers(hook);
      if (policy_.enforce) skipped(hook);
    }
    enforcers();
  }

 private:
  // A hook on a list of functions is several, with the same to say of each.
  void warn(const Span& span, std::string message, std::string hint = {}) {
    if (!said_.emplace(span, message).second) return;
    out_.warning(span, std::move(message), {}, std::move(hint));
  }

  void look_at(const CheckedHook& hook, const Filter& filter) {
    const Span span = std::visit([](const auto& each) { return each.span; }, filter);
    const CheckedArg* arg = std::visit(ArgOf{hook}, filter);
    if (arg != nullptr && is_in_process_memory(hook, *arg)) {
      warn(span, "the process can change what this argument points to after it was checked here",
           "an LSM hook behind the system call sees what the kernel uses");
    }
    if (const auto* fact = std::get_if<FactFilter>(&filter); fact != nullptr && fact->parent)
      parent_unknown(hook, span);
    const auto* path = std::get_if<PathFilter>(&filter);
    if (path == nullptr) return;
    if (!paths_) {
      warn(span, "a file can have other paths than these, through hard links and other mounts");
    }
    paths_ = true;
    for (const std::string& value : path->values) {
      const std::string_view why = policy::impossible_path(path->op, value);
      if (!why.empty()) warn(span, "no path matches " + quoted(value) + ": " + std::string(why));
    }
  }

  // A parent is recorded when a process executes something. At the call that does so it is still that of before.
  void parent_unknown(const CheckedHook& hook, const Span& span) {
    const std::string function = short_name(hook.target);
    const bool executes =
        function.contains("bprm") || (function.contains("execve") && !function.starts_with("sys_exit_"));
    warn(span,
         "whatever its values, this filter passes for a process that has executed nothing since it was "
         "forked: no parent is recorded for it",
         executes ? "at this hook the new program is not in place yet: matchBinaries still compares the "
                    "binary of the "
                    "process that forked"
                  : "matchBinaries with \"followChildren: true\" matches processes of a binary and all their "
                    "descendants");
  }

  // A later selector never decides when an earlier one matches whatever it matches. At the return those behind the one
  // that matched at the entry are looked at again; there, the one before it must do the same, whichever that was.
  void order_of_selectors(const CheckedHook& hook) {
    policy::Implication entry{hook.args, budget_};
    policy::Implication at_return{hook.result ? std::span(&*hook.result, 1) : std::span<const CheckedArg>(),
                                  budget_};
    for (size_t later = 1; later < hook.selectors.size() && budget_ > 0; ++later) {
      const CheckedSelector& selector = hook.selectors[later];
      if (waits_for_return(hook) &&
          !at_return.holds(selector.return_filters, hook.selectors[later - 1].return_filters))
        continue;
      for (size_t earlier = 0; earlier < later && budget_ > 0; ++earlier) {
        // One that is about some processes only stands before none that is about others.
        const std::optional<Scope>& scope = hook.selectors[earlier].scope;
        if (scope && scope != selector.scope) continue;
        if (!entry.holds(selector.filters, hook.selectors[earlier].filters)) continue;
        warn(selector.span, "this selector is never reached: selector " + std::to_string(earlier) +
                                " of the hook, before it, matches everything that it does");
        break;
      }
    }
    if (budget_ == 0 && hook.selectors.size() > 1) {
      warn(hook.span, "there are too many selectors and values to compare all of them with each other");
    }
  }

  // Two events for one call surprise and do no harm, so `explain` tells of them. What is refused or killed, or shown
  // because it is not one of the excluded paths, is worth a warning.
  void layers(const CheckedHook& hook) {
    const auto is_path = [](const CheckedArg& arg) { return family_of(arg.type) == ArgFamily::kPath; };
    if (!policy::sees_layers(hook) || !std::ranges::any_of(hook.args, is_path)) return;
    for (const CheckedSelector& selector : hook.selectors) {
      const bool acts = policy_.enforce && std::ranges::any_of(selector.actions, enforces);
      const bool excludes = std::ranges::any_of(selector.filters, [](const Filter& filter) {
        const auto* path = std::get_if<PathFilter>(&filter);
        return path != nullptr && excludes_paths(path->op);
      });
      if (!acts && !excludes) continue;
      warn(hook.span,
           "on overlayfs " + quoted(shown_function(hook)) +
               " is called again for the underlying layer, with the path inside that layer",
           excludes ? "values that exclude paths must exclude those too" : "");
      return;
    }
  }

  // Calls that no notice is left for, or that the notifying hook is on.
  void enforcers() {
    bool leaves = false;
    std::set<std::string> direct;
    for (const CheckedHook& hook : policy_.hooks) {
      for (const CheckedSelector& selector : hook.selectors) {
        for (const CheckedAction& action : selector.actions) {
          if (action.kind != CheckedAction::Kind::kNotifyEnforcer || !action.has_effect) continue;
          leaves |= !action.direct;
          if (action.direct) direct.insert(short_name(hook.target));
        }
      }
    }
    if (leaves) return;
    for (const CheckedHook& call : policy_.enforced) {
      if (direct.contains(short_name(call.target))) {
        warn(call.span,
             "this enforcer is not needed: the hook that notifies it is on the enforced call itself",
             "action Override there does the same");
      } else {
        warn(call.span, "nothing notifies this enforcer");
      }
    }
  }

  // The kernel does not run a program of these kinds when it would interrupt another on its CPU (D13).
  void skipped(const CheckedHook& hook) {
    if (std::holds_alternative<target::LsmHook>(hook.target)) return;
    // Nor those on code of user space (bpf_prog_run_array_sleepable(), Linux 6.0).
    if (is_user(hook.kind) && kernel_.version >= kernel_version(6, 0)) return;
    for (const CheckedSelector& selector : hook.selectors) {
      for (const auto* actions : {&selector.actions, &selector.return_actions}) {
        const auto found = std::ranges::find_if(*actions, enforces);
        if (found == actions->end()) continue;
        warn(found->span,
             "a call can be missed, and this action with it: the kernel skips a program of type " +
                 std::string(attachment_name(hook.attachment)) + " that would interrupt another",
             lsm_hint(hook));
        return;
      }
    }
  }

  [[nodiscard]] std::string lsm_hint(const CheckedHook& hook) const {
    constexpr std::string_view kSecurity = "security_";
    const std::string function = short_name(hook.target);
    if (hook.kind == HookKind::kLsm) {
      const bool active =
          kernel_.lsms.empty() || std::ranges::find(kernel_.lsms, "bpf") != kernel_.lsms.end();
      return std::string("a BPF LSM program is not skipped: ") +
             (active ? "it needs a kernel built with CONFIG_BPF_LSM=y"
                     : "boot the kernel with \"lsm=...,bpf\"");
    }
    if (!function.starts_with(kSecurity) || !kernel_.btf) return {};
    const std::string name = function.substr(kSecurity.size());
    if (!kernel_.btf->function("bpf_lsm_" + name)) return {};
    return "lsmhooks programs are not skipped; there is the LSM hook " + quoted(name);
  }

  const CheckedPolicy& policy_;
  const Kernel& kernel_;
  Diagnostics& out_;
  std::set<std::pair<Span, std::string>> said_;
  bool paths_ = false;  // it was said that files have several
  // Comparisons of selectors that are left: a second of them, for documents that are made to take long.
  size_t budget_ = 20'000'000;
};

}  // namespace

void lint(const CheckedPolicy& policy, const Kernel& kernel, Diagnostics& diagnostics) {
  Lint(policy, kernel, diagnostics).run();
}

}  // namespace tripline
