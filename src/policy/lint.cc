// SPDX-License-Identifier: Apache-2.0
#include "policy/lint.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tripline {
namespace {

using Kind = CheckedAction::Kind;

bool enforces(const CheckedAction& action) {
  switch (action.kind) {
    case Kind::kSigkill:
      return true;
    case Kind::kSignal:
      return action.signal != 0;
    case Kind::kOverride:
      return action.has_effect;
    case Kind::kPost:
    case Kind::kNoPost:
    case Kind::kGetUrl:
    case Kind::kDnsLookup:
    case Kind::kSet:
    case Kind::kTrackSock:
    case Kind::kUntrackSock:
      return false;
  }
  return false;
}

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
  const bool of_call = arg.source.kind == ArgSource::Kind::kSyscall ||
                       (hook.kind == HookKind::kTracepoint && hook.subsystem == "syscalls");
  if (!of_call) return false;
  const ArgFamily family = family_of(arg.type);
  return !arg.source.steps.empty() || family == ArgFamily::kText || family == ArgFamily::kSocket ||
         family == ArgFamily::kUnixAddress;
}

// Do both ask the same? Compares filters on integers, paths and text; others are taken to differ.
struct Same {
  bool operator()(const IntFilter& a, const IntFilter& b) const { return same(a, b); }
  bool operator()(const PathFilter& a, const PathFilter& b) const { return same(a, b); }
  bool operator()(const TextFilter& a, const TextFilter& b) const { return same(a, b); }
  bool operator()(const auto& /*a*/, const auto& /*b*/) const { return false; }
  template <typename T>
  static bool same(const T& a, const T& b) {
    return a.arg == b.arg && a.op == b.op && a.values == b.values;
  }
};

bool always_passes(const Filter& filter) {
  const auto* constant = std::get_if<ConstantFilter>(&filter);
  return constant != nullptr && constant->passes;
}

// Does `earlier` match whenever `later` does?
bool shadows(const CheckedSelector& earlier, const CheckedSelector& later) {
  return std::ranges::all_of(earlier.filters, [&](const Filter& filter) {
    return always_passes(filter) || std::ranges::any_of(later.filters, [&](const Filter& other) {
             return std::visit(Same{}, filter, other);
           });
  });
}

// Why no path is, or begins with, `value`; empty when one can.
std::string_view impossible(TextOp op, std::string_view value) {
  const bool whole = op == TextOp::kEqual || op == TextOp::kNotEqual;
  if (!whole && op != TextOp::kPrefix && op != TextOp::kNotPrefix) return {};
  if (value.empty()) return {};
  if (!value.starts_with('/')) return "it does not start with a slash";
  if (value.find("//") != value.npos) return "it has two slashes side by side";
  if (value.find("/./") != value.npos || value.find("/../") != value.npos)
    return "it has a component of dots";
  if (whole && value.size() > 1 && value.ends_with('/')) return "it ends with a slash";
  return {};
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
      if (policy_.enforce) skipped(hook);
    }
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
      warn(span, "the process can change what this argument points to after it was looked at here",
           "an LSM hook behind the system call sees what the kernel works with");
    }
    const auto* path = std::get_if<PathFilter>(&filter);
    if (path == nullptr) return;
    if (!paths_) {
      warn(span, "a file can have other paths than these: by hard links, and where it is mounted once more");
    }
    paths_ = true;
    for (const std::string& value : path->values) {
      const std::string_view why = impossible(path->op, value);
      if (!why.empty()) warn(span, "no path is like " + quoted(value) + ": " + std::string(why));
    }
  }

  // A later selector never decides when an earlier one matches whatever it matches. At the return of a function it is
  // another matter: those behind the one that matched at the entry are looked at again.
  void order_of_selectors(const CheckedHook& hook) {
    if (waits_for_return(hook)) return;
    for (size_t later = 1; later < hook.selectors.size(); ++later) {
      for (size_t earlier = 0; earlier < later; ++earlier) {
        if (!shadows(hook.selectors[earlier], hook.selectors[later])) continue;
        warn(hook.selectors[later].span, "this selector never matches: selector " + std::to_string(earlier) +
                                             " of the hook, before it, matches whatever it does");
        break;
      }
    }
  }

  // The kernel does not run a program of these kinds when it would interrupt another on its CPU (D13).
  void skipped(const CheckedHook& hook) {
    if (hook.attachment == Attachment::kLsm) return;
    for (const CheckedSelector& selector : hook.selectors) {
      for (const auto* actions : {&selector.actions, &selector.return_actions}) {
        const auto found = std::ranges::find_if(*actions, enforces);
        if (found == actions->end()) continue;
        warn(found->span,
             "a call can go unseen, and this action with it: the kernel skips a program of type " +
                 std::string(attachment_name(hook.attachment)) + " that would interrupt another",
             lsm_hint(hook.function));
        return;
      }
    }
  }

  [[nodiscard]] std::string lsm_hint(std::string_view function) const {
    constexpr std::string_view kSecurity = "security_";
    if (!function.starts_with(kSecurity) || !kernel_.btf) return {};
    const std::string hook(function.substr(kSecurity.size()));
    if (!kernel_.btf->function("bpf_lsm_" + hook)) return {};
    return "programs of lsmhooks are not skipped, and there is the hook " + quoted(hook);
  }

  const CheckedPolicy& policy_;
  const Kernel& kernel_;
  Diagnostics& out_;
  std::set<std::pair<Span, std::string>> said_;
  bool paths_ = false;  // it was said that files have several
};

}  // namespace

void lint(const CheckedPolicy& policy, const Kernel& kernel, Diagnostics& diagnostics) {
  Lint(policy, kernel, diagnostics).run();
}

}  // namespace tripline
