// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "policy/check/check.h"
#include "policy/check/operators.h"

namespace tripline::policy {
namespace {

void report_position(const SelectorOf& hook, const Located<uint32_t>& position) {
  const size_t count = hook.args.size();
  hook.checking.out.error(
      position.span, "position " + std::to_string(position.value) + " is not in args",
      count == 0 ? "arguments in \"args\" of the hook" : "a position from 0 to " + std::to_string(count - 1));
}

// The position in `args` that a filter is about; absent when there is none.
std::optional<uint32_t> find_arg(const SelectorOf& hook, const ArgFilter& filter) {
  const Checking& checking = hook.checking;
  const size_t count = hook.args.size();
  if (!filter.args.empty()) {
    const Located<uint32_t>& position = filter.args.front();
    if (filter.args.size() > 1) {
      checking.out.warning(filter.args[1].span, "this operator uses only the first position");
    }
    if (position.value < count) return position.value;
    report_position(hook, position);
    return std::nullopt;
  }
  const auto found =
      std::ranges::find(hook.args, filter.index.value, [](const Argument& each) { return each.index.value; });
  if (found != hook.args.end()) return static_cast<uint32_t>(found - hook.args.begin());
  // Of a tracepoint it may be a position, too.
  if (hook.kind == HookKind::kTracepoint && filter.index.value < count) return filter.index.value;
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
    case kGt:
    case kLt:
    case kMask:
    case kInMap:
    case kNotInMap:
    case kInRange:
    case kNotInRange:
    case kSubString:
    case kSubStringIgnCase:
    case kFileType:
    case kNotFileType:
    case kSPort:
    case kNotSPort:
    case kSPortPriv:
    case kNotSPortPriv:
    case kDPort:
    case kNotDPort:
    case kDPortPriv:
    case kNotDPortPriv:
    case kSAddr:
    case kNotSAddr:
    case kDAddr:
    case kNotDAddr:
    case kProtocol:
    case kFamily:
    case kState:
      return true;
    default:
      return false;
  }
}

// One filter on an argument of a known type.
void check_filter(const ArgCheck& check, std::vector<Filter>& out) {
  const Checking& checking = check.checking;
  const ArgFilter& filter = check.filter;
  const Operator op = filter.op.value;
  const std::string type(word(check.type));
  Use use = use_of(op, check.type);
  const bool compares = op == Operator::kGt || op == Operator::kLt || op == Operator::kMask;
  // Without values there is nothing to compare, whatever the type.
  if (use == Use::kRefused && compares && filter.values.empty()) use = Use::kNever;
  switch (use) {
    case Use::kRefused:
      checking.out.error(
          filter.op.span,
          "operator " + std::string(word(op)) + " cannot be used on an argument of type " + type,
          operators_for(check.type));
      return;
    case Use::kNever:
    case Use::kAlways: {
      const bool passes = use == Use::kAlways;
      checking.out.warning(filter.op.span, "operator " + std::string(word(op)) +
                                               (passes ? " always" : " never") +
                                               " matches an argument of type " + type);
      out.emplace_back(ConstantFilter{passes, filter.span});
      return;
    }
    case Use::kWorks:
      break;
  }
  if (!is_built(op)) {
    checking.not_supported(filter.op.span, "operator " + std::string(word(op)));
    return;
  }
  switch (family_of(check.type)) {
    case ArgFamily::kInteger:
    case ArgFamily::kCapabilities:
      out.push_back(check_integer_filter(check));
      break;
    case ArgFamily::kPath:
      out.push_back(check_path_filter(check));
      break;
    case ArgFamily::kText:
      out.push_back(check_text_filter(check));
      break;
    case ArgFamily::kSocket:
      out.push_back(check_socket_filter(check));
      break;
    case ArgFamily::kUnixAddress:
      out.push_back(op == Operator::kFamily ? check_socket_filter(check) : check_text_filter(check));
      break;
    case ArgFamily::kObject:
    case ArgFamily::kNone:
    case ArgFamily::kOther:
      break;  // refused where it is declared
  }
}

// Of two sets of capabilities.
void check_capabilities_gained(const SelectorOf& hook, const ArgFilter& filter, std::vector<Filter>& out) {
  constexpr size_t kSets = 2;
  Diagnostics& reported = hook.checking.out;
  if (filter.args.size() != kSets) {
    reported.error(filter.args.empty() ? filter.op.span : filter.args.front().span,
                   "CapabilitiesGained compares two arguments",
                   "\"args\" with two positions: the old set and the new one");
    return;
  }
  std::array<uint32_t, kSets> positions = {};
  for (size_t n = 0; n < kSets; ++n) {
    const Located<uint32_t>& position = filter.args[n];
    if (position.value >= hook.args.size()) {
      report_position(hook, position);
      return;
    }
    positions[n] = position.value;
    const ArgType type = hook.checked[position.value].type;
    if (family_of(type) == ArgFamily::kCapabilities) continue;
    reported.error(position.span,
                   "argument " + std::to_string(position.value) + " is of type " + std::string(word(type)) +
                       ", not a set of capabilities",
                   "type kernel_cap_t, cap_inheritable, cap_permitted or cap_effective");
    return;
  }
  if (!filter.values.empty()) {
    reported.warning(filter.values.front().span, "the values of CapabilitiesGained have no effect");
  }
  out.emplace_back(CapabilitiesGainedFilter{positions[0], positions[1], filter.span});
}

void check_arg_filter(const SelectorOf& hook, const ArgFilter& filter, std::vector<Filter>& out) {
  const Checking& checking = hook.checking;
  const Operator op = filter.op.value;
  if (op == Operator::kCelExpr) {
    if (auto cel = check_cel_filter(hook, filter)) out.push_back(*std::move(cel));
    return;
  }
  if (op == Operator::kCapabilitiesGained) {
    check_capabilities_gained(hook, filter, out);
    return;
  }
  const std::optional<uint32_t> arg = find_arg(hook, filter);
  if (!arg) return;
  if (hook.checked[*arg].return_copy) {
    checking.out.error(filter.op.span,
                       "this argument is read when the function returns, after the filters have run");
    return;
  }
  check_filter({checking, filter, *arg, hook.checked[*arg].type}, out);
}

// A filter on an element of data, which is meant by its position.
void check_data_filter(const SelectorOf& hook, const ArgFilter& filter, std::vector<Filter>& out) {
  const Checking& checking = hook.checking;
  const Located<uint32_t>& position = filter.args.empty() ? filter.index : filter.args.front();
  if (filter.op.value == Operator::kCelExpr || filter.op.value == Operator::kCapabilitiesGained) {
    checking.out.error(filter.op.span,
                       "operator " + std::string(word(filter.op.value)) + " cannot be used in matchData");
    return;
  }
  if (position.value >= hook.data.size()) {
    const size_t count = hook.data.size();
    checking.out.error(position.span.line > 0 ? position.span : filter.op.span,
                       "position " + std::to_string(position.value) + " is not in data",
                       count == 0 ? "elements in \"data\" of the hook"
                                  : "a position from 0 to " + std::to_string(count - 1));
    return;
  }
  const size_t arg = hook.args.size() + position.value;
  if (arg >= hook.checked.size()) return;  // an element that is wrong, and was told of
  check_filter({checking, filter, static_cast<uint32_t>(arg), hook.checked[arg].type}, out);
}

// A filter on what is returned.
void check_return_filter(const SelectorOf& hook, const ArgFilter& filter, std::vector<Filter>& out) {
  const Checking& checking = hook.checking;
  const uint32_t index = hook.return_arg->index.value;
  if (filter.op.value == Operator::kCelExpr || filter.op.value == Operator::kCapabilitiesGained) {
    checking.out.error(filter.op.span, "operator " + std::string(word(filter.op.value)) +
                                           " cannot be used in matchReturnArgs");
    return;
  }
  if (!filter.args.empty()) {
    if (filter.args.front().value != 0) {
      checking.out.error(
          filter.args.front().span,
          "position " + std::to_string(filter.args.front().value) + " is not that of returnArg", "0");
      return;
    }
  } else if (filter.index.value != index) {
    checking.out.error(
        filter.index.span.line > 0 ? filter.index.span : filter.op.span,
        "the index of returnArg is " + std::to_string(index) + ", not " + std::to_string(filter.index.value),
        std::to_string(index));
    return;
  }
  check_filter({checking, filter, 0, hook.result->type}, out);
}

// Filters that have no effect, or cannot have one.
void check_other_filters(const SelectorOf& hook, const Selector& selector) {
  const Checking& checking = hook.checking;
  if (hook.kind == HookKind::kLsm && !selector.match_return_args.empty()) {
    checking.out.error(selector.match_return_args.front().span, "matchReturnArgs cannot be used in lsmhooks");
  }
  if (hook.result) return;
  const auto warn = [&](const auto& elements, std::string_view name) {
    if (elements.empty()) return;
    checking.out.warning(elements.front().span,
                         std::string(name) + " has no effect without \"return: true\"");
  };
  if (hook.kind != HookKind::kLsm) warn(selector.match_return_args, "matchReturnArgs");
  warn(selector.match_return_actions, "matchReturnActions");
}

}  // namespace

CheckedSelector check_selector(const SelectorOf& hook, const Selector& selector) {
  CheckedSelector out{.label = selector.label.value,
                      .scope = check_workloads(hook.checking, selector),
                      .filters = {},
                      .actions = {},
                      .span = selector.span};
  check_other_filters(hook, selector);
  check_process_filters(hook.checking, selector, out.filters);
  for (const ArgFilter& filter : selector.match_args) check_arg_filter(hook, filter, out.filters);
  for (const ArgFilter& filter : selector.match_data) check_data_filter(hook, filter, out.filters);
  if (hook.result) {
    for (const ArgFilter& filter : selector.match_return_args) {
      check_return_filter(hook, filter, out.return_filters);
    }
    for (const Action& action : selector.match_return_actions) {
      out.return_actions.push_back(check_action(hook, action, true));
    }
  }
  for (const Action& action : selector.match_actions)
    out.actions.push_back(check_action(hook, action, false));
  if (out.actions.empty()) out.actions.push_back({.span = selector.span});
  if (out.return_actions.empty()) out.return_actions.push_back({.span = selector.span});
  return out;
}

}  // namespace tripline::policy
