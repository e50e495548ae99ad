// SPDX-License-Identifier: Apache-2.0
#include "compile/filter.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "compile/names.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Value;
using ir::Width;

// A condition that every call a selector matches must meet, and that registers can decide.
struct IntTest {
  const IntFilter* filter = nullptr;
  uint32_t parameter = 0;
};
struct LeafTestOf {
  uint32_t parameter = 0;
  LeafSet set;
};
struct BeginningTestOf {
  uint32_t parameter = 0;
  BeginningSet set;
};

// What can refute one selector. One that has none of them can match any call.
struct Refuters {
  std::vector<IntTest> ints;
  std::vector<LeafTestOf> leaves;
  std::vector<BeginningTestOf> beginnings;
  [[nodiscard]] bool none() const { return ints.empty() && leaves.empty() && beginnings.empty(); }
};

void add_path(const PathFilter& filter, uint32_t parameter, bool task_known, Refuters& out) {
  switch (filter.op) {
    case PathFilter::Op::kEqual:
      if (auto set = leaves_of_equal(filter.values)) out.leaves.push_back({parameter, std::move(*set)});
      return;
    case PathFilter::Op::kPostfix:
      if (auto set = leaves_of_postfix(filter.values)) out.leaves.push_back({parameter, std::move(*set)});
      return;
    case PathFilter::Op::kPrefix:
      if (!task_known) return;
      if (auto set = beginnings_of_prefix(filter.values))
        out.beginnings.push_back({parameter, std::move(*set)});
      return;
    case PathFilter::Op::kNotEqual:
    case PathFilter::Op::kNotPrefix:
    case PathFilter::Op::kNotPostfix:
      return;  // holds for nearly every path
  }
}

Refuters refuters_of(const CheckedHook& hook, const CheckedSelector& selector, bool names_known,
                     bool task_known) {
  Refuters out;
  for (const Filter& filter : selector.filters) {
    if (const auto* number = std::get_if<IntFilter>(&filter)) {
      out.ints.push_back({number, hook.args[number->arg].parameter});
    } else if (names_known) {
      const auto& path = std::get<PathFilter>(filter);
      add_path(path, hook.args[path.arg].parameter, task_known, out);
    }
  }
  return out;
}

class FilterWriter {
 public:
  FilterWriter(Builder& builder, std::optional<FileOffsets> offsets, Label maybe, Label no)
      : builder_(builder), offsets_(offsets), maybe_(maybe), no_(no) {}

  // Values that several tests read are read once, before the call that would take their registers.
  void read_arguments(const std::vector<Refuters>& all) {
    std::set<uint32_t> parameters;
    bool task = false;
    for (const Refuters& refuters : all) {
      for (const IntTest& test : refuters.ints) parameters.insert(test.parameter);
      for (const LeafTestOf& test : refuters.leaves) parameters.insert(test.parameter);
      for (const BeginningTestOf& test : refuters.beginnings) {
        parameters.insert(test.parameter);
        task = true;
      }
    }
    for (const uint32_t parameter : parameters) values_.emplace(parameter, builder_.value());
    if (task) task_ = builder_.value();
  }

  void straight(const std::vector<Refuters>& all, std::vector<std::string>& steps) {
    for (const Refuters& refuters : all) {
      const Label next = builder_.label("next");
      for (const IntTest& test : refuters.ints) {
        steps.push_back("argument " + std::to_string(test.parameter) + " as integer");
        write_int_filter(builder_, *test.filter, argument(test.parameter), next);
      }
      for (const LeafTestOf& test : refuters.leaves) leaf(test.parameter, test.set, next, steps);
      for (const BeginningTestOf& test : refuters.beginnings)
        beginning(test.parameter, test.set, next, steps);
      builder_.jump(maybe_);
      builder_.place(next);
    }
    builder_.jump(no_);
  }

  // Every selector is represented by its sharpest condition; selectors whose conditions read the same value share one
  // decision over the union of what they look for.
  void merged(const std::vector<Refuters>& all, std::vector<std::string>& steps) {
    std::map<uint32_t, LeafSet> leaves;
    std::map<uint32_t, BeginningSet> beginnings;
    std::map<uint32_t, std::set<int64_t>> equals;
    std::vector<IntTest> others;
    for (const Refuters& refuters : all) {
      if (!refuters.leaves.empty()) {
        auto& names = leaves[refuters.leaves[0].parameter].names;
        names.insert(names.end(), refuters.leaves[0].set.names.begin(), refuters.leaves[0].set.names.end());
      } else if (const IntTest* test = first_equal(refuters); test != nullptr) {
        equals[test->parameter].insert(test->filter->values.begin(), test->filter->values.end());
      } else if (!refuters.beginnings.empty()) {
        auto& into = beginnings[refuters.beginnings[0].parameter].beginnings;
        const auto& from = refuters.beginnings[0].set.beginnings;
        into.insert(into.end(), from.begin(), from.end());
      } else {
        others.push_back(refuters.ints[0]);
      }
    }
    for (const auto& [parameter, numbers] : equals) integers(parameter, numbers, steps);
    for (const IntTest& test : others) {
      const Label next = builder_.label("next");
      steps.push_back("argument " + std::to_string(test.parameter) + " as integer");
      write_int_filter(builder_, *test.filter, argument(test.parameter), next);
      builder_.jump(maybe_);
      builder_.place(next);
    }
    for (const auto& [parameter, set] : leaves) {
      const Label next = builder_.label("next");
      leaf(parameter, set, next, steps);
      builder_.jump(maybe_);
      builder_.place(next);
    }
    for (const auto& [parameter, set] : beginnings) {
      const Label next = builder_.label("next");
      beginning(parameter, set, next, steps);
      builder_.jump(maybe_);
      builder_.place(next);
    }
    builder_.jump(no_);
  }

 private:
  static const IntTest* first_equal(const Refuters& refuters) {
    for (const IntTest& test : refuters.ints) {
      if (test.filter->op == IntFilter::Op::kEqual) return &test;
    }
    return nullptr;
  }

  // Written at every use; the copies that repeat what is known are dropped by a pass.
  Value argument(uint32_t parameter) {
    const Value value = values_.at(parameter);
    builder_.add(ir::Argument{value, parameter});
    return value;
  }

  void leaf(uint32_t parameter, const LeafSet& set, Label no, std::vector<std::string>& steps) {
    steps.push_back("last component of the path of argument " + std::to_string(parameter) + ": " +
                    std::to_string(set.names.size()) + " names");
    const Label on = builder_.label("leaf");
    test_leaf(builder_, *offsets_, argument(parameter), set, on, no);
    builder_.place(on);
  }

  void beginning(uint32_t parameter, const BeginningSet& set, Label no, std::vector<std::string>& steps) {
    steps.push_back("first components of the path of argument " + std::to_string(parameter) + ": " +
                    std::to_string(set.beginnings.size()) + " beginnings");
    const Label on = builder_.label("beginning");
    builder_.call(task_, ir::Callee::bpf_get_current_task_btf, {});
    test_beginning(builder_, *offsets_, argument(parameter), task_, set, on, no);
    builder_.place(on);
  }

  void integers(uint32_t parameter, const std::set<int64_t>& numbers, std::vector<std::string>& steps) {
    steps.push_back("argument " + std::to_string(parameter) +
                    " as integer: " + std::to_string(numbers.size()) + " values");
    IntFilter filter;
    filter.values.assign(numbers.begin(), numbers.end());
    const Label next = builder_.label("next");
    write_int_filter(builder_, filter, argument(parameter), next);
    builder_.jump(maybe_);
    builder_.place(next);
  }

  Builder& builder_;
  std::optional<FileOffsets> offsets_;
  Label maybe_;
  Label no_;
  std::map<uint32_t, Value> values_;
  Value task_;
};

}  // namespace

void write_int_filter(Builder& builder, const IntFilter& filter, Value argument, Label no) {
  const Label yes = builder.label("yes");
  const bool equal = filter.op == IntFilter::Op::kEqual;
  for (size_t n = 0; n < filter.values.size(); ++n) {
    // Compared as 32 bits: what the register holds above them is not part of the argument.
    const auto number = static_cast<int64_t>(static_cast<int32_t>(filter.values[n]));
    builder.branch_if(kEqual, Width::k4, argument, number, equal ? yes : no);
  }
  builder.jump(equal ? no : yes);
  builder.place(yes);
}

FilterPlan write_filter(Builder& builder, const HookPlan& plan, const Kernel& kernel, Label maybe, Label no) {
  FilterPlan out;
  const bool typed = plan.attachment != Attachment::kKprobe;
  const std::optional<FileOffsets> offsets = typed ? file_offsets(kernel) : std::nullopt;
  std::vector<Refuters> all;
  for (const HookSection& section : plan.sections) {
    for (const CheckedSelector& selector : section.section().selectors) {
      all.push_back(refuters_of(section.section(), selector, offsets.has_value(),
                                kernel.features.get_current_task_btf));
      if (all.back().none()) {
        out.steps.emplace_back("no condition in registers: a selector can match any call");
        builder.jump(maybe);
        builder.place(no);
        return out;
      }
    }
  }
  FilterWriter writer(builder, offsets, maybe, no);
  writer.read_arguments(all);
  out.form = all.size() <= kStraightMax ? FilterForm::kStraight : FilterForm::kMerged;
  if (out.form == FilterForm::kStraight) {
    writer.straight(all, out.steps);
  } else {
    writer.merged(all, out.steps);
  }
  builder.place(no);
  return out;
}

}  // namespace tripline
