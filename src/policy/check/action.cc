// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "policy/check/check.h"
#include "policy/internet.h"

namespace tripline::policy {
namespace {

constexpr uint32_t kLastSignal = 64;
constexpr int32_t kLowestError = -4095;

// Does the action get a stack that it asks for? Only the events of kprobes and fentries can show one.
bool check_stack(const SelectorOf& hook, const Flag& asked, std::string_view what) {
  if (!asked.value) return false;
  Diagnostics& out = hook.checking.out;
  switch (hook.kind) {
    case HookKind::kKprobe:
    case HookKind::kFentry:
      return true;
    case HookKind::kLsm:
      out.error(asked.span, std::string(what) + " cannot be used in lsmhooks", "a kprobes or fentries hook");
      return false;
    case HookKind::kLoader:
      return false;  // it has no actions
    case HookKind::kTracepoint:
    case HookKind::kUprobe:
    case HookKind::kUsdt:
      out.warning(asked.span, std::string(what) +
                                  " has no effect here: only events of kprobes and fentries "
                                  "show stacks");
      return false;
  }
  return false;
}

constexpr uint64_t kSecond = 1000;  // milliseconds
constexpr uint64_t kLongestInterval = UINT32_MAX;

// Milliseconds of a unit; 0: there is none of that name.
uint64_t unit_of(std::string_view name) {
  if (name.empty() || name == "s" || name == "S") return kSecond;
  if (name == "m" || name == "M") return 60 * kSecond;
  if (name == "h" || name == "H") return 3600 * kSecond;
  return 0;
}

// Absent when nothing is limited, or the text is wrong.
std::optional<uint32_t> check_interval(const Checking& checking, const Text& text) {
  const std::string_view all = text.value;
  const std::string_view digits = all.substr(0, all.find_first_not_of("0123456789"));
  const uint64_t unit = unit_of(all.substr(digits.size()));
  if (digits.empty() || unit == 0) {
    checking.out.error(text.span, "invalid rateLimit", "a number with s, m or h, such as 5m");
    return std::nullopt;
  }
  uint32_t number = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc{}) {
    checking.out.error(text.span, "this number is too large for rateLimit", "at most 4294967295");
    return std::nullopt;
  }
  if (number == 0) return std::nullopt;
  return static_cast<uint32_t>(std::min(kLongestInterval, number * unit));
}

std::optional<RateLimit::Scope> check_scope(const Checking& checking, const Text& text) {
  if (text.value.empty() || text.value == "thread") return RateLimit::Scope::kThread;
  if (text.value == "process") return RateLimit::Scope::kProcess;
  if (text.value == "global") return RateLimit::Scope::kGlobal;
  checking.out.error(text.span, "unknown rateLimitScope", "one of thread, process, global");
  return std::nullopt;
}

std::optional<RateLimit> check_rate_limit(const SelectorOf& hook, const Action& action) {
  if (action.rate_limit.value.empty()) return std::nullopt;
  const std::optional<uint32_t> interval = check_interval(hook.checking, action.rate_limit);
  const std::optional<RateLimit::Scope> scope = check_scope(hook.checking, action.rate_limit_scope);
  if (hook.checked.size() > kRatedArgs) {
    hook.checking.out.error(action.rate_limit.span,
                            "rateLimit compares all arguments of the hook, and this one has " +
                                std::to_string(hook.checked.size()),
                            "at most " + std::to_string(kRatedArgs) + " arguments");
  }
  if (!interval || !scope) return std::nullopt;
  return RateLimit{*interval, *scope};
}

// Whether there is one at this hook is looked at when all is known of the hook (lsm.cc).
bool check_hash(const SelectorOf& hook, const Action& action) {
  if (!action.ima_hash.value || hook.kind == HookKind::kLsm) return action.ima_hash.value;
  hook.checking.out.warning(action.ima_hash.span,
                            "imaHash has no effect here: only events of lsmhooks show hashes");
  return false;
}

// What Post can do besides posting; other actions must not ask for it.
void check_post_options(const SelectorOf& hook, const Action& action, CheckedAction& out) {
  const Checking& checking = hook.checking;
  const auto look = [&](Span span, bool asked, std::string_view what) {
    if (!asked) return;
    checking.out.error(span,
                       std::string(what) + " cannot be used with " + std::string(word(action.kind.value)),
                       "action: Post");
  };
  if (action.kind.value != ActionKind::kPost) {
    look(action.rate_limit.span, !action.rate_limit.value.empty(), "rateLimit");
    look(action.kernel_stack_trace.span, action.kernel_stack_trace.value, "kernelStackTrace");
    look(action.user_stack_trace.span, action.user_stack_trace.value, "userStackTrace");
    if (action.ima_hash.value) {
      checking.out.warning(action.ima_hash.span,
                           "imaHash has no effect with " + std::string(word(action.kind.value)),
                           "action: Post");
    }
    return;
  }
  out.rate_limit = check_rate_limit(hook, action);
  out.kernel_stack = check_stack(hook, action.kernel_stack_trace, "kernelStackTrace");
  out.user_stack = check_stack(hook, action.user_stack_trace, "userStackTrace");
  out.ima_hash = check_hash(hook, action);
}

// What the agent does over the network when the event is out.
void check_network_action(const SelectorOf& hook, const Action& action, CheckedAction& out) {
  const Checking& checking = hook.checking;
  const std::string name(word(action.kind.value));
  if (hook.kind == HookKind::kLsm) {
    checking.out.error(action.kind.span, name + " cannot be used in lsmhooks");
    return;
  }
  const bool is_url = action.kind.value == ActionKind::kGetUrl;
  const Text& target = is_url ? action.url : action.fqdn;
  out.kind = is_url ? CheckedAction::Kind::kGetUrl : CheckedAction::Kind::kDnsLookup;
  out.target = target.value;
  checking.out.warning(action.kind.span,
                       name + " does nothing unless the agent is started with --allow-network-actions");
  const Span at = target.span.line > 0 ? target.span : action.kind.span;
  if (is_url ? !parse_http_url(target.value) : !dns_question(target.value, 0)) {
    checking.out.warning(at, is_url ? "this is not a URL that can be requested; GetUrl will do nothing"
                                    : "this is not a name that can be looked up; DnsLookup will do nothing");
  }
}

// Actions that hooks of this kind never have; true when it was refused.
bool refuse_for_kind(const SelectorOf& hook, const Action& action) {
  const ActionKind kind = action.kind.value;
  const std::string name(word(kind));
  using enum ActionKind;
  if (hook.kind == HookKind::kLsm && kind != kPost && kind != kNoPost && kind != kSigkill &&
      kind != kSignal && kind != kOverride) {
    hook.checking.out.error(action.kind.span, name + " cannot be used in lsmhooks",
                            "one of Post, NoPost, Sigkill, Signal, Override");
    return true;
  }
  if (is_user(hook.kind) && (kind == kGetUrl || kind == kDnsLookup)) {
    hook.checking.out.error(action.kind.span, name + " cannot be used in " +
                                                  (hook.kind == HookKind::kUsdt ? "usdts" : "uprobes"));
    return true;
  }
  if (hook.kind == HookKind::kFentry && (kind == kOverride || kind == kSet || kind == kNotifyEnforcer)) {
    hook.checking.out.error(action.kind.span, name + " cannot be used in fentries", {},
                            "put the hook under kprobes");
    return true;
  }
  return false;
}

// Signals are sent by a helper.
void check_signal(const Checking& checking, const Action& action, CheckedAction& out) {
  if (!checking.kernel.features.send_signal) {
    checking.out.error(action.kind.span, "this kernel cannot send signals from BPF programs", {},
                       "it needs helper bpf_send_signal (Linux 5.3)");
  }
  if (action.kind.value != ActionKind::kSignal) return;
  out.has_effect = action.signal.value > 0 && action.signal.value <= kLastSignal;
  if (action.signal.value == 0) {
    checking.out.warning(action.signal.span.line > 0 ? action.signal.span : action.kind.span,
                         "0 is not a signal: nothing is sent", "argSig from 1 to 64");
  } else if (action.signal.value > kLastSignal) {
    checking.out.warning(action.signal.span,
                         "signal " + std::to_string(action.signal.value) + " does not exist: nothing is sent",
                         "argSig from 1 to 64");
  }
}

// The value that an LSM hook can return: 0 or a negative error number; anything else means EPERM.
int32_t override_value(HookKind kind, int32_t error) {
  if (kind == HookKind::kLsm && (error < kLowestError || error > 0)) return -1;
  return error;
}

void check_effect(const SelectorOf& hook, const Action& action, bool at_return, CheckedAction& out) {
  const char* why = nullptr;
  if (action.kind.value == ActionKind::kSet && hook.kind == HookKind::kUsdt && !at_return) {
    return;
  } else if (action.kind.value == ActionKind::kSet) {
    why = "Set has no effect here: it is for usdts";
  } else if (at_return) {
    why = "Override has no effect when the function returns";
  } else if (hook.kind == HookKind::kTracepoint) {
    why = "Override has no effect in tracepoints: there is nothing to override";
  } else if (hook.kind == HookKind::kUsdt) {
    why = "Override has no effect in usdts: there is nothing to override";
  } else if (hook.kind == HookKind::kUprobe && !hook.checking.kernel.features.uprobe_writes) {
    hook.checking.out.error(action.kind.span, "this kernel cannot override functions of user space", {},
                            "it needs uprobe programs that can change registers (Linux 6.18)");
    return;
  }
  if (why == nullptr) return;
  out.has_effect = false;
  hook.checking.out.warning(action.kind.span, why);
}

// A notice for the enforced calls of the policy, or none any more.
void check_notice(const SelectorOf& hook, const Action& action, bool at_return, CheckedAction& out) {
  const Checking& checking = hook.checking;
  const bool notifies = action.kind.value == ActionKind::kNotifyEnforcer;
  out.kind =
      notifies ? CheckedAction::Kind::kNotifyEnforcer : CheckedAction::Kind::kCleanupEnforcerNotification;
  // As much of them as a notice has room for.
  out.error = static_cast<int16_t>(action.error.value);
  out.signal = static_cast<uint16_t>(action.signal.value);
  const std::string name(word(action.kind.value));
  if (at_return) {
    out.has_effect = false;
    checking.out.warning(action.kind.span, name + " has no effect when the function returns");
  } else if (checking.policy.spec.enforcers.empty()) {
    if (notifies) {
      checking.out.error(action.kind.span, name + " needs an enforcer, and the policy has none",
                         "calls in \"enforcers\" of the policy");
    } else {
      out.has_effect = false;
      checking.out.warning(action.kind.span, name + " has no effect: the policy has no enforcers");
    }
  } else if (notifies && out.error == 0 && out.signal == 0) {
    checking.out.warning(action.kind.span, name + " enforces nothing",
                         "argError, argSig or both, other than 0 in their lower 16 bits");
  }
}

// Which socket is meant: an argument, or at the return what is returned.
void check_socket(const SelectorOf& hook, const Action& action, bool at_return, CheckedAction& out) {
  const bool tracks = action.kind.value == ActionKind::kTrackSock;
  out.kind = tracks ? CheckedAction::Kind::kTrackSock : CheckedAction::Kind::kUntrackSock;
  const uint32_t position = action.sock.value;
  std::optional<ArgType> type;
  if (at_return) {
    if (position == 0 && hook.result) type = hook.result->type;
  } else if (position < hook.args.size()) {
    type = hook.checked[position].type;
  }
  if (type && is_socket(*type)) {
    out.sock = position;
    return;
  }
  hook.checking.out.warning(
      action.sock.span.line > 0 ? action.sock.span : action.kind.span,
      (at_return ? "at the return, argSock " + std::to_string(position) + " is not a socket"
                 : "position " + std::to_string(position) + " of args is not a socket") +
          ": " + std::string(word(action.kind.value)) + " has no effect",
      at_return ? "0, with returnArg of type sock or socket"
                : "the position of an argument of type sock or socket");
}

}  // namespace

CheckedAction check_action(const SelectorOf& hook, const Action& action, bool at_return) {
  const Checking& checking = hook.checking;
  CheckedAction out{.span = action.span, .enforces = is_enforcing(action.kind.value)};
  check_post_options(hook, action, out);
  if (!at_return && refuse_for_kind(hook, action)) return out;
  switch (action.kind.value) {
    case ActionKind::kPost:
      break;
    case ActionKind::kNoPost:
      out.kind = CheckedAction::Kind::kNoPost;
      break;
    case ActionKind::kSigkill:
      out.kind = CheckedAction::Kind::kSigkill;
      check_signal(checking, action, out);
      break;
    case ActionKind::kSignal:
      out.kind = CheckedAction::Kind::kSignal;
      out.signal = action.signal.value;
      check_signal(checking, action, out);
      break;
    case ActionKind::kOverride:
      out.kind = CheckedAction::Kind::kOverride;
      out.error = override_value(hook.kind, action.error.value);
      check_effect(hook, action, at_return, out);
      break;
    case ActionKind::kSet:
      out.kind = CheckedAction::Kind::kSet;
      check_effect(hook, action, at_return, out);
      break;
    case ActionKind::kTrackSock:
    case ActionKind::kUntrackSock:
      check_socket(hook, action, at_return, out);
      break;
    case ActionKind::kGetUrl:
    case ActionKind::kDnsLookup:
      check_network_action(hook, action, out);
      break;
    case ActionKind::kNotifyEnforcer:
    case ActionKind::kCleanupEnforcerNotification:
      check_notice(hook, action, at_return, out);
      break;
  }
  return out;
}

}  // namespace tripline::policy
