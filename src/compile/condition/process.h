// SPDX-License-Identifier: Apache-2.0
// The tests of the process that makes the call: numbers of the current task, answers in its entry (facts.h), changes.
#pragma once

#include <cstdint>

#include "compile/builder.h"
#include "compile/facts.h"
#include "compile/plan.h"
#include "kernel/kernel.h"

namespace tripline {

// Reads numbers of the current task: by direct loads where the program is typed, else by a function of the library.
class TaskNumbers {
 public:
  TaskNumbers(Builder& builder, const Kernel& kernel, Attachment attachment);

  // Can it be read in some ten instructions?
  [[nodiscard]] bool is_cheap(TaskNumber number) const;
  ir::Value read(TaskNumber number);
  // On when `filter` holds, else to `no`.
  void test(const TaskFilter& filter, Label no);

 private:
  ir::Value follow(std::initializer_list<std::string_view> path, ir::Width width);

  Builder& builder_;
  const Kernel& kernel_;
  bool typed_;
};

// Which word of the entry a filter looks at, and which bit.
[[nodiscard]] FactTable::Place place_of(const FactTable& table, const FactFilter& filter);

// Reads what the filters of the plan look at in the entry, once for all: each of these functions is verified again at
// every call. The words are in the slot from here on; the test of a change finds that it has been read.
void read_process(Builder& builder, const FactTable& table, const HookPlan& plan, ir::Value slot);
[[nodiscard]] ir::Value fact_word(Builder& builder, ir::Value slot, uint32_t word);

// On when `filter` holds, else to `no`.
void test_fact(Builder& builder, const FactTable& table, const FactFilter& filter, ir::Value slot, Label no);
void test_change(Builder& builder, const FactTable& table, const ChangeFilter& filter, Label no);

}  // namespace tripline
