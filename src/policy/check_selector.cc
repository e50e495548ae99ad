// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "policy/check.h"
#include "policy/number.h"
#include "policy/operators.h"

namespace tripline::policy {
namespace {

constexpr size_t kLongestPath = 4095;  // bytes of a path that an event can show

// One element of matchArgs and the argument it is about.
struct ArgCheck {
  const Checking& checking;
  const FunctionHook& hook;
  const ArgFilter& filter;
  uint32_t arg = 0;  // position in the hook's args
  DeclaredType type = DeclaredType::kInt;
};

// The position in `args` that a filter is about; absent when there is none.
std::optional<uint32_t> find_arg(const Checking& checking, const FunctionHook& hook,
                                 const ArgFilter& filter) {
  const size_t count = hook.args.size();
  if (!filter.args.empty()) {
    const Located<uint32_t>& position = filter.args.front();
    if (filter.args.size() > 1) {
      checking.out.warning(filter.args[1].span, "only the first position is looked at by this operator");
    }
    if (position.value < count) return position.value;
    checking.out.error(position.span, "position " + std::to_string(position.value) + " is not in args",
                       count == 0 ? "arguments in \"args\" of the hook"
                                  : "a position from 0 to " + std::to_string(count - 1));
    return std::nullopt;
  }
  const auto found =
      std::ranges::find(hook.args, filter.index.value, [](const Argument& each) { return each.index.value; });
  if (found != hook.args.end()) return static_cast<uint32_t>(found - hook.args.begin());
  std::string indexes;
  for (const Argument& each : hook.args) {
    indexes += (indexes.empty() ? "" : ", ") + std::to_string(each.index.value);
  }
  checking.out.error(filter.index.span.line > 0 ? filter.index.span : filter.op.span,
                     "no argument of this hook has index " + std::to_string(filter.index.value),
                     indexes.empty() ? "arguments in \"args\" of the hook" : "one of " + indexes);
  return std::nullopt;
}

// Is there a type for which the operator is built? Others are refused by name.
bool is_built(Operator op) {
  using enum Operator;
  switch (op) {
    case kEqual:
    case kNotEqual:
    case kPrefix:
    case kNotPrefix:
    case kPostfix:
    case kNotPostfix:
      return true;
    default:
      return false;
  }
}

std::optional<int64_t> int_value(const Checking& checking, const Text& text) {
  constexpr const char* kExpected =
      "a whole number of 32 bits, decimal, 0x hexadecimal, 0 octal or 0b binary";
  const auto number = parse_integer(text.value);
  if (!number && number.error() == NumberError::kSyntax) {
    checking.out.error(text.span, quoted(text.value) + " is no number", kExpected);
    return std::nullopt;
  }
  const std::optional<int64_t> value = number ? to_signed(*number, 32) : std::nullopt;
  if (!value) {
    checking.out.error(text.span, quoted(text.value) + " does not fit the argument's type",
                       "a number from -2147483648 to 2147483647");
  }
  return value;
}

IntFilter check_int_filter(const ArgCheck& check) {
  IntFilter out{.arg = check.arg, .op = IntFilter::Op::kEqual, .values = {}, .span = check.filter.span};
  // Other operators are accepted by the language and never match: an empty list equals nothing.
  const Operator op = check.filter.op.value;
  if (op != Operator::kEqual && op != Operator::kNotEqual) return out;
  if (op == Operator::kNotEqual) out.op = IntFilter::Op::kNotEqual;
  if (check.filter.values.empty()) {
    check.checking.out.error(check.filter.op.span, "this filter has no values",
                             "at least one number in \"values\"");
  }
  for (const Text& text : check.filter.values) {
    if (const auto value = int_value(check.checking, text)) out.values.push_back(*value);
  }
  return out;
}

PathFilter::Op path_operator(Operator op) {
  switch (op) {
    case Operator::kNotEqual:
      return PathFilter::Op::kNotEqual;
    case Operator::kPrefix:
      return PathFilter::Op::kPrefix;
    case Operator::kNotPrefix:
      return PathFilter::Op::kNotPrefix;
    case Operator::kPostfix:
      return PathFilter::Op::kPostfix;
    case Operator::kNotPostfix:
      return PathFilter::Op::kNotPostfix;
    default:
      return PathFilter::Op::kEqual;
  }
}

PathFilter check_path_filter(const ArgCheck& check) {
  Diagnostics& out = check.checking.out;
  PathFilter filter{
      .arg = check.arg, .op = path_operator(check.filter.op.value), .values = {}, .span = check.filter.span};
  const bool postfix = filter.op == PathFilter::Op::kPostfix || filter.op == PathFilter::Op::kNotPostfix;
  if (check.filter.values.empty()) {
    out.warning(check.filter.op.span, "this filter has no values", "at least one path in \"values\"");
  }
  for (const Text& text : check.filter.values) {
    std::string value = text.value;
    if (postfix) {
      value.erase(value.find_last_not_of('\0') + 1);
      if (value.empty()) out.error(text.span, "this postfix is empty", "at least one byte");
    }
    if (value.size() > kLongestPath) {
      out.warning(text.span,
                  "no path is as long as this value, which has " + std::to_string(value.size()) + " bytes");
    } else if (value.find('\0') != std::string::npos) {
      out.warning(text.span, "no path has a NUL byte in it");
    }
    filter.values.push_back(std::move(value));
  }
  return filter;
}

void check_arg_filter(const Checking& checking, const FunctionHook& hook, const ArgFilter& filter,
                      CheckedSelector& out) {
  const Operator op = filter.op.value;
  if (op == Operator::kCelExpr || op == Operator::kCapabilitiesGained) {
    checking.not_supported(filter.op.span, "operator " + std::string(word(op)));
    return;
  }
  const std::optional<uint32_t> arg = find_arg(checking, hook, filter);
  if (!arg) return;
  const ArgCheck check{checking, hook, filter, *arg, hook.args[*arg].type.value};
  const std::string type(word(check.type));
  switch (use_of(op, check.type)) {
    case Use::kRefused:
      checking.out.error(
          filter.op.span,
          "operator " + std::string(word(op)) + " cannot be used on an argument of type " + type,
          operators_for(check.type));
      return;
    case Use::kNever:
      checking.out.warning(
          filter.op.span, "operator " + std::string(word(op)) + " never matches an argument of type " + type);
      break;
    case Use::kAlways:
      checking.out.warning(filter.op.span, "operator " + std::string(word(op)) +
                                               " always matches an argument of type " + type);
      break;
    case Use::kWorks:
      break;
  }
  if (!is_built(op)) {
    checking.not_supported(filter.op.span, "operator " + std::string(word(op)));
    return;
  }
  const std::optional<ArgType> read_as = arg_type_of(check.type);
  if (!read_as) return;  // refused where it is declared
  switch (*read_as) {
    case ArgType::kInt32:
      out.filters.emplace_back(check_int_filter(check));
      break;
    case ArgType::kFile:
      out.filters.emplace_back(check_path_filter(check));
      break;
  }
}

// What Post can do besides posting; other actions must not ask for it.
void check_post_options(const Checking& checking, const Action& action) {
  const bool is_post = action.kind.value == ActionKind::kPost;
  const auto look = [&](Span span, bool asked, std::string_view what) {
    if (!asked) return;
    if (is_post) {
      checking.not_supported(span, what);
    } else {
      checking.out.error(span,
                         std::string(what) + " cannot be used with " + std::string(word(action.kind.value)),
                         "action: Post");
    }
  };
  look(action.rate_limit.span, !action.rate_limit.value.empty(), "rateLimit");
  look(action.kernel_stack_trace.span, action.kernel_stack_trace.value, "kernelStackTrace");
  look(action.user_stack_trace.span, action.user_stack_trace.value, "userStackTrace");
  if (is_post && action.ima_hash.value) checking.not_supported(action.ima_hash.span, "imaHash");
}

CheckedAction check_action(const Checking& checking, Section section, const Action& action) {
  CheckedAction out{.span = action.span};
  check_post_options(checking, action);
  if (section == Section::kFentries && is_enforcing(action.kind.value)) {
    checking.out.error(action.kind.span, std::string(word(action.kind.value)) + " cannot be used in fentries",
                       {}, "write the hook under kprobes; it is attached in the same way");
    return out;
  }
  switch (action.kind.value) {
    case ActionKind::kPost:
      break;
    case ActionKind::kNoPost:
      out.kind = CheckedAction::Kind::kNoPost;
      break;
    case ActionKind::kSigkill:
      out.kind = CheckedAction::Kind::kSigkill;
      if (!checking.kernel.features.send_signal) {
        checking.out.error(action.kind.span, "this kernel cannot send signals from programs", {},
                           "it needs helper bpf_send_signal (Linux 5.3)");
      }
      break;
    default:
      checking.not_supported(action.kind.span, "action " + std::string(word(action.kind.value)));
  }
  return out;
}

bool selects_nothing(const std::optional<LabelSelector>& selector) {
  return !selector || *selector == LabelSelector{};
}

// All null or all {} select everything.
bool selects_all(const Workloads& workloads) {
  const bool same = workloads.pod_selector.has_value() == workloads.container_selector.has_value() &&
                    workloads.pod_selector.has_value() == workloads.host_selector.has_value();
  return same && selects_nothing(workloads.pod_selector) && selects_nothing(workloads.container_selector);
}

// Filters that are not built, each by its name.
void check_other_filters(const Checking& checking, const FunctionHook& hook, const Selector& selector) {
  const auto refuse = [&](const auto& filters, std::string_view name) {
    for (const auto& filter : filters) checking.not_supported(filter.span, name);
  };
  refuse(selector.macros, "macros");
  refuse(selector.match_pids, "matchPIDs");
  refuse(selector.match_data, "matchData");
  refuse(selector.match_binaries, "matchBinaries");
  refuse(selector.match_parent_binaries, "matchParentBinaries");
  refuse(selector.match_namespaces, "matchNamespaces");
  refuse(selector.match_namespace_changes, "matchNamespaceChanges");
  refuse(selector.match_capabilities, "matchCapabilities");
  refuse(selector.match_capability_changes, "matchCapabilityChanges");
  if (selector.match_workloads && !selects_all(*selector.match_workloads)) {
    checking.not_supported(selector.match_workloads->span, "matchWorkloads");
  }
  if (hook.wants_return.value) return;  // refused as a whole
  const auto warn = [&](const auto& elements, std::string_view name) {
    if (elements.empty()) return;
    checking.out.warning(elements.front().span,
                         std::string(name) + " has no effect without \"return: true\"");
  };
  warn(selector.match_return_args, "matchReturnArgs");
  warn(selector.match_return_actions, "matchReturnActions");
}

}  // namespace

CheckedSelector check_selector(const Checking& checking, const FunctionHook& hook, Section section,
                               const Selector& selector) {
  CheckedSelector out{.label = selector.label.value, .filters = {}, .actions = {}, .span = selector.span};
  check_other_filters(checking, hook, selector);
  for (const ArgFilter& filter : selector.match_args) check_arg_filter(checking, hook, filter, out);
  for (const Action& action : selector.match_actions) {
    out.actions.push_back(check_action(checking, section, action));
  }
  if (out.actions.empty()) out.actions.push_back({.kind = CheckedAction::Kind::kPost, .span = selector.span});
  return out;
}

}  // namespace tripline::policy
