// SPDX-License-Identifier: Apache-2.0
#include "oracle/oracle.h"

#include <algorithm>

namespace tripline::oracle {
namespace {

bool filter_passes(const CheckedHook& hook, const Filter& filter, const Call& call) {
  if (const IntFilter* number = std::get_if<IntFilter>(&filter)) {
    return passes(*number, std::get<int32_t>(call.at(hook.args.at(number->arg).parameter)));
  }
  const PathFilter& path = std::get<PathFilter>(filter);
  return passes(path, std::get<File>(call.at(hook.args.at(path.arg).parameter)));
}

Verdict act(size_t selector, const std::vector<CheckedAction>& actions) {
  Verdict verdict{.selector = selector};
  for (const CheckedAction& action : actions) {
    if (action.kind == CheckedAction::Kind::kNoPost) verdict.posted = false;
    if (action.kind == CheckedAction::Kind::kSigkill) ++verdict.kills;
    verdict.action = action.kind;
  }
  return verdict;
}

}  // namespace

bool passes(const IntFilter& filter, int32_t value) {
  const bool any = std::ranges::find(filter.values, int64_t{value}) != filter.values.end();
  switch (filter.op) {
    case IntFilter::Op::kEqual:
      return any;
    case IntFilter::Op::kNotEqual:
      return !any;
  }
  return false;
}

bool passes(const PathFilter& filter, const File& file) {
  if (file.path.empty()) return false;
  bool equal = false;
  bool prefix = false;
  bool postfix = false;
  for (const std::string& value : filter.values) {
    equal |= file.path == value;
    prefix |= file.path.starts_with(value);
    postfix |= file.path.ends_with(value);
  }
  switch (filter.op) {
    case PathFilter::Op::kEqual:
      return equal;
    case PathFilter::Op::kNotEqual:
      return !equal;
    case PathFilter::Op::kPrefix:
      return prefix;
    case PathFilter::Op::kNotPrefix:
      return !prefix;
    case PathFilter::Op::kPostfix:
      return postfix;
    case PathFilter::Op::kNotPostfix:
      return !postfix;
  }
  return false;
}

std::optional<Verdict> judge(const CheckedHook& hook, const Call& call) {
  for (size_t n = 0; n < hook.selectors.size(); ++n) {
    const CheckedSelector& selector = hook.selectors[n];
    const bool all = std::ranges::all_of(
        selector.filters, [&](const Filter& filter) { return filter_passes(hook, filter, call); });
    if (all) return act(n, selector.actions);
  }
  return std::nullopt;
}

}  // namespace tripline::oracle
