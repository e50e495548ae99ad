// SPDX-License-Identifier: Apache-2.0
#include "compile/refuters.h"

#include <optional>
#include <utility>

#include "abi/scratch.h"
#include "compile/condition/cel.h"

namespace tripline {
namespace {

// Is it there without memory to work in? (A pointer is made a number by way of that.)
bool is_number(const ArgSource& source) { return source.steps.empty() && !source.is_pointer; }

// What the heads of texts can be that equal or begin with one of the values; absent when that is anything. One that cannot
// be read is for the judge: it may be brought in.
std::optional<IntSet> heads_of(const std::vector<std::string>& values, bool prefix) {
  IntSet out{.bits = 64, .ranges = {{TL_NO_HEAD, TL_NO_HEAD}}};
  for (const std::string& value : values) {
    if (prefix && value.empty()) return std::nullopt;
    uint64_t low = 0;
    uint64_t high = 0;
    for (size_t n = 0; n < TL_HEAD; ++n) {
      const bool given = n < value.size();
      const uint64_t byte = given ? static_cast<uint8_t>(value[n]) : 0;
      low = low << 8 | byte;
      high = high << 8 | (given || !prefix ? byte : 0xff);
    }
    out.add({.bits = 64, .ranges = {{low, high}}});
  }
  return out;
}

struct ConditionOf {
  const CheckedHook& hook;
  const Readable& readable;

  std::optional<Condition> operator()(const IntFilter& filter) const {
    const CheckedArg& arg = hook.args[filter.arg];
    if (!is_number(arg.source) || family_of(arg.type) != ArgFamily::kInteger)
      return std::nullopt;  // read in the judge
    return IntCondition{&filter, &arg};
  }
  std::optional<Condition> operator()(const CelFilter& filter) const {
    bool plain = true;
    for_each_argument(filter.expression, [&](uint32_t arg) { plain &= is_number(hook.args[arg].source); });
    return plain ? std::optional<Condition>(CelCondition{&filter, &hook}) : std::nullopt;
  }
  std::optional<Condition> operator()(const TextFilter& filter) const {
    const CheckedArg& arg = hook.args[filter.arg];
    using enum ArgSource::Kind;
    const ArgSource::Kind kind = arg.source.kind;
    const bool in_register = kind == kParameter || kind == kSyscall || kind == kRegister;
    if (arg.type != ArgType::kString || !in_register || !is_number(arg.source)) return std::nullopt;
    if (filter.op != TextOp::kEqual && filter.op != TextOp::kPrefix) return std::nullopt;
    auto set = heads_of(filter.values, filter.op == TextOp::kPrefix);
    if (!set) return std::nullopt;
    return HeadCondition{arg.source, std::move(*set), filter.span};
  }
  std::optional<Condition> operator()(const TaskFilter& filter) const {
    return readable.numbers.is_cheap(filter.number) ? std::optional<Condition>(TaskCondition{&filter})
                                                    : std::nullopt;
  }
  std::optional<Condition> operator()(const FactFilter& filter) const { return FactCondition{&filter}; }
  std::optional<Condition> operator()(const PathFilter& filter) const {
    const CheckedArg& arg = hook.args[filter.arg];
    if (!readable.names || arg.type != ArgType::kFile || arg.source.kind != ArgSource::Kind::kParameter ||
        !arg.source.steps.empty())
      return std::nullopt;
    switch (filter.op) {
      case TextOp::kEqual:
        return leaf(filter, arg.source, leaves_of_equal(filter.values));
      case TextOp::kPostfix:
        return leaf(filter, arg.source, leaves_of_postfix(filter.values));
      case TextOp::kPrefix:
        if (!readable.task) return std::nullopt;
        if (auto set = beginnings_of_prefix(filter.values))
          return BeginningCondition{arg.source, std::move(*set), filter.span};
        return std::nullopt;
      case TextOp::kNotEqual:
      case TextOp::kNotPrefix:
      case TextOp::kNotPostfix:
        return std::nullopt;  // holds for nearly every path
      case TextOp::kSubString:
      case TextOp::kSubStringIgnCase:
        return std::nullopt;  // no component is known
    }
    return std::nullopt;
  }
  std::optional<Condition> operator()(const auto& /*filter*/) const { return std::nullopt; }

  static std::optional<Condition> leaf(const PathFilter& filter, const ArgSource& file,
                                       std::optional<LeafSet> set) {
    if (!set) return std::nullopt;
    return LeafCondition{file, std::move(*set), filter.span};
  }
};

}  // namespace

int line_of(const Condition& condition) {
  return std::visit([](const auto& of) { return of.line(); }, condition);
}

Refuters refuters_of(const CheckedPolicy& policy, const CheckedHook& hook, const CheckedSelector& selector,
                     const Readable& readable) {
  Refuters out;
  if (policy.scope) out.conditions.emplace_back(ScopeCondition{&*policy.scope, false, hook.span});
  if (selector.scope) out.conditions.emplace_back(ScopeCondition{&*selector.scope, true, selector.span});
  for (const Filter& filter : selector.filters) {
    const auto* constant = std::get_if<ConstantFilter>(&filter);
    if (constant != nullptr) out.never |= !constant->passes;
    if (auto condition = std::visit(ConditionOf{hook, readable}, filter))
      out.conditions.push_back(std::move(*condition));
  }
  return out;
}

}  // namespace tripline
