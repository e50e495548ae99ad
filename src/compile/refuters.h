// SPDX-License-Identifier: Apache-2.0
// What can refute a selector in registers: of its filters those that a filter program can decide before any memory is
// taken, as conditions that every match meets.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "compile/condition/dentry.h"
#include "compile/condition/integers.h"
#include "compile/condition/process.h"
#include "policy/checked.h"

namespace tripline {

struct IntCondition {
  const IntFilter* filter = nullptr;
  const CheckedArg* arg = nullptr;
  [[nodiscard]] int line() const { return filter->span.line; }
};
struct CelCondition {
  const CelFilter* filter = nullptr;
  const CheckedHook* hook = nullptr;
  [[nodiscard]] int line() const { return filter->span.line; }
};
struct TaskCondition {
  const TaskFilter* filter = nullptr;
  [[nodiscard]] int line() const { return filter->span.line; }
};
struct FactCondition {
  const FactFilter* filter = nullptr;
  [[nodiscard]] int line() const { return filter->span.line; }
};
struct LeafCondition {
  ArgSource file;
  LeafSet set;
  Span span;
  [[nodiscard]] int line() const { return span.line; }
};
struct BeginningCondition {
  ArgSource file;
  BeginningSet set;
  Span span;
  [[nodiscard]] int line() const { return span.line; }
};
// Of a text: what its first bytes can be, as numbers.
struct HeadCondition {
  ArgSource text;  // its address
  IntSet set;
  Span span;
  [[nodiscard]] int line() const { return span.line; }
};
// The caller is one of those that a policy, or one of its selectors, is about.
struct ScopeCondition {
  const Scope* scope = nullptr;
  bool of_selector = false;
  Span span;
  [[nodiscard]] int line() const { return span.line; }
};
using Condition = std::variant<IntCondition, CelCondition, TaskCondition, FactCondition, LeafCondition,
                               BeginningCondition, HeadCondition, ScopeCondition>;
[[nodiscard]] int line_of(const Condition& condition);

// Of one selector. One without conditions can match any call.
struct Refuters {
  std::vector<Condition> conditions;
  bool never = false;  // it matches nothing at all
  std::string_view document;
};

// What can be read of a call in registers.
struct Readable {
  bool names = false;  // of files, by typed pointers
  bool task = false;   // the current task, as a typed pointer
  const TaskNumbers& numbers;
};

// Of a selector of a hook of that policy.
[[nodiscard]] Refuters refuters_of(const CheckedPolicy& policy, const CheckedHook& hook,
                                   const CheckedSelector& selector, const Readable& readable);

}  // namespace tripline
