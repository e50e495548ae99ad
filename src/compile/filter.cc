// SPDX-License-Identifier: Apache-2.0
#include "compile/filter.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "abi/facts.h"
#include "abi/maps.h"
#include "compile/condition/cel.h"
#include "compile/condition/dentry.h"
#include "compile/condition/integers.h"
#include "compile/condition/process.h"
#include "compile/sources.h"

namespace tripline {
namespace {

using ir::Value;

// A condition that every call a selector matches must meet, and that registers can decide.
struct IntTest {
  const IntFilter* filter = nullptr;
  const CheckedArg* arg = nullptr;
};
struct CelTest {
  const CelFilter* filter = nullptr;
  const CheckedHook* hook = nullptr;
};
struct LeafTestOf {
  ArgSource file;
  LeafSet set;
  int line = 0;
};
struct BeginningTestOf {
  ArgSource file;
  BeginningSet set;
  int line = 0;
};

// What can refute one selector. One that has none of them can match any call.
struct Refuters {
  std::vector<IntTest> ints;
  std::vector<CelTest> expressions;
  std::vector<LeafTestOf> leaves;
  std::vector<BeginningTestOf> beginnings;
  std::vector<const TaskFilter*> tasks;
  std::vector<const FactFilter*> facts;
  bool never = false;  // it matches nothing at all
  std::string_view document;
  [[nodiscard]] bool none() const {
    return !never && ints.empty() && expressions.empty() && leaves.empty() && beginnings.empty() &&
           tasks.empty() && facts.empty();
  }
};

void add_path(const PathFilter& filter, const ArgSource& file, bool task_known, Refuters& out) {
  switch (filter.op) {
    case PathFilter::Op::kEqual:
      if (auto set = leaves_of_equal(filter.values))
        out.leaves.push_back({file, std::move(*set), filter.span.line});
      return;
    case PathFilter::Op::kPostfix:
      if (auto set = leaves_of_postfix(filter.values))
        out.leaves.push_back({file, std::move(*set), filter.span.line});
      return;
    case PathFilter::Op::kPrefix:
      if (!task_known) return;
      if (auto set = beginnings_of_prefix(filter.values))
        out.beginnings.push_back({file, std::move(*set), filter.span.line});
      return;
    case PathFilter::Op::kNotEqual:
    case PathFilter::Op::kNotPrefix:
    case PathFilter::Op::kNotPostfix:
      return;  // holds for nearly every path
    case PathFilter::Op::kSubString:
    case PathFilter::Op::kSubStringIgnCase:
      return;  // no component is known
  }
}

// Is it there without memory to work in? (A pointer is made a number by way of that.)
bool is_number(const ArgSource& source) { return source.steps.empty() && !source.is_pointer; }

Refuters refuters_of(const CheckedHook& hook, const CheckedSelector& selector, bool names_known,
                     bool task_known, const TaskNumbers& numbers) {
  Refuters out;
  for (const Filter& filter : selector.filters) {
    if (const auto* number = std::get_if<IntFilter>(&filter)) {
      const CheckedArg& arg = hook.args[number->arg];
      if (!is_number(arg.source) || family_of(arg.type) != ArgFamily::kInteger)
        continue;  // read in the judge
      out.ints.push_back({number, &arg});
    } else if (const auto* cel = std::get_if<CelFilter>(&filter)) {
      bool plain = true;
      for_each_argument(cel->expression, [&](uint32_t arg) { plain &= is_number(hook.args[arg].source); });
      if (plain) out.expressions.push_back({cel, &hook});
    } else if (const auto* constant = std::get_if<ConstantFilter>(&filter)) {
      out.never |= !constant->passes;
    } else if (const auto* path = std::get_if<PathFilter>(&filter); path != nullptr && names_known) {
      const CheckedArg& arg = hook.args[path->arg];
      if (arg.type == ArgType::kFile && arg.source.kind == ArgSource::Kind::kParameter &&
          arg.source.steps.empty())
        add_path(*path, arg.source, task_known, out);
    } else if (const auto* task = std::get_if<TaskFilter>(&filter)) {
      if (numbers.is_cheap(task->number)) out.tasks.push_back(task);
    } else if (const auto* fact = std::get_if<FactFilter>(&filter)) {
      out.facts.push_back(fact);
    }
  }
  return out;
}

// "argument 1", "field at 16": for people.
std::string source_text(const ArgSource& source) {
  switch (source.kind) {
    case ArgSource::Kind::kRecord:
      return "field at " + std::to_string(source.offset);
    case ArgSource::Kind::kSyscall:
      return "system call argument " + std::to_string(source.index);
    case ArgSource::Kind::kSyscallId:
      return "number of the system call";
    case ArgSource::Kind::kThread:
      return "id of the current task";
    default:
      return "argument " + std::to_string(source.index);
  }
}

class FilterWriter {
 public:
  FilterWriter(Builder& builder, const HookPlan& plan, const Kernel& kernel,
               std::optional<FileOffsets> offsets, const FactTable& facts, Label maybe, Label no)
      : builder_(builder),
        sources_(builder, kernel, plan),
        tasks_(builder, kernel, plan.attachment),
        facts_(facts),
        offsets_(offsets),
        nullable_(plan.attachment == Attachment::kLsm || plan.attachment == Attachment::kTracingRaw),
        task_(builder.value()),
        maybe_(maybe),
        no_(no) {}

  void straight(const std::vector<Refuters>& all, std::vector<std::string>& steps) {
    for (const Refuters& refuters : all) {
      const Label next = builder_.label("next");
      each(refuters, next, steps);
      builder_.jump(maybe_);
      builder_.place(next);
    }
    builder_.jump(no_);
  }

  // Every selector is represented by its sharpest condition; selectors whose conditions read the same value share one
  // decision over the union of what they look for.
  void merged(const std::vector<Refuters>& all, std::vector<std::string>& steps) {
    std::map<ArgSource, LeafSet> leaves;
    std::map<ArgSource, BeginningSet> beginnings;
    std::map<std::pair<ArgSource, uint32_t>, IntSet> sets;  // by source and bits
    std::map<TaskNumber, IntSet> tasks;
    std::map<uint32_t, uint64_t> facts;  // bits by word
    std::vector<const Refuters*> others;
    for (const Refuters& refuters : all) {
      if (!refuters.leaves.empty()) {
        auto& names = leaves[refuters.leaves[0].file].names;
        names.insert(names.end(), refuters.leaves[0].set.names.begin(), refuters.leaves[0].set.names.end());
      } else if (const IntTest* test = sharpest(refuters); test != nullptr) {
        const IntegerShape shape = integer_shape(test->arg->type);
        const auto entry = sets.try_emplace({test->arg->source, shape.bits}, IntSet{shape.bits, {}}).first;
        entry->second.add(set_of(*test->filter, shape));
      } else if (const TaskFilter* task = sharpest_task(refuters); task != nullptr) {
        IntSet& set = tasks.try_emplace(task->number, IntSet{.bits = 32, .ranges = {}}).first->second;
        for (const uint64_t value : task->values) set.add({.bits = 32, .ranges = {{value, value}}});
      } else if (const FactFilter* fact = sharpest_fact(refuters); fact != nullptr) {
        const FactTable::Place place = place_of(facts_, *fact);
        facts[place.word] |= place.bit;
      } else if (!refuters.beginnings.empty()) {
        auto& into = beginnings[refuters.beginnings[0].file].beginnings;
        const auto& from = refuters.beginnings[0].set.beginnings;
        into.insert(into.end(), from.begin(), from.end());
      } else {
        others.push_back(&refuters);
      }
    }
    for (const auto& [number, set] : tasks) task(number, set, steps);
    for (const auto& [word, bits] : facts) fact(word, bits, steps);
    for (const auto& [key, set] : sets) integers(key.first, set, steps);
    for (const Refuters* refuters : others) {
      const Label next = builder_.label("next");
      each(*refuters, next, steps);
      builder_.jump(maybe_);
      builder_.place(next);
    }
    for (const auto& [file, set] : leaves) {
      const Label next = builder_.label("next");
      leaf(file, set, next, steps);
      builder_.jump(maybe_);
      builder_.place(next);
    }
    for (const auto& [file, set] : beginnings) {
      const Label next = builder_.label("next");
      beginning(file, set, next, steps);
      builder_.jump(maybe_);
      builder_.place(next);
    }
    builder_.jump(no_);
  }

 private:
  // All conditions of one selector, the cheapest first.
  void each(const Refuters& refuters, Label next, std::vector<std::string>& steps) {
    const auto from = [&](int line) {
      steps.back() += "  ; " + std::string(refuters.document) + ":" + std::to_string(line);
    };
    for (const IntTest& test : refuters.ints) {
      integer(test, next, steps);
      from(test.filter->span.line);
    }
    for (const CelTest& test : refuters.expressions) {
      expression(test, next, steps);
      from(test.filter->span.line);
    }
    for (const TaskFilter* test : refuters.tasks) {
      task(*test, next, steps);
      from(test->span.line);
    }
    for (const LeafTestOf& test : refuters.leaves) {
      leaf(test.file, test.set, next, steps);
      from(test.line);
    }
    for (const FactFilter* test : refuters.facts) {
      fact(*test, next, steps);
      from(test->span.line);
    }
    for (const BeginningTestOf& test : refuters.beginnings) {
      beginning(test.file, test.set, next, steps);
      from(test.line);
    }
  }

  static const TaskFilter* sharpest_task(const Refuters& refuters) {
    const auto found = std::ranges::find_if(
        refuters.tasks, [](const TaskFilter* test) { return !test->negated && !test->is_mask; });
    return found == refuters.tasks.end() ? nullptr : *found;
  }
  static const FactFilter* sharpest_fact(const Refuters& refuters) {
    const auto found =
        std::ranges::find_if(refuters.facts, [](const FactFilter* test) { return !test->negated; });
    return found == refuters.facts.end() ? nullptr : *found;
  }

  // The integer test that most calls fail; null when none says no to most.
  static const IntTest* sharpest(const Refuters& refuters) {
    for (const IntTest& test : refuters.ints) {
      if (test.filter->op == IntFilter::Op::kEqual || test.filter->op == IntFilter::Op::kInRange)
        return &test;
    }
    return nullptr;
  }

  void integer(const IntTest& test, Label no, std::vector<std::string>& steps) {
    steps.push_back(source_text(test.arg->source) + " as integer");
    builder_.line(sources_.line_of(test.arg->source));
    test_integer(builder_, *test.filter, integer_shape(test.arg->type), sources_.read(test.arg->source), no);
    builder_.line({});
  }

  void expression(const CelTest& test, Label no, std::vector<std::string>& steps) {
    steps.emplace_back("an expression over integers");
    const auto argument = [&](uint32_t arg) { return sources_.read(test.hook->args[arg].source); };
    test_cel(builder_, test.filter->expression, argument, no);
  }

  void task(const TaskFilter& test, Label no, std::vector<std::string>& steps) {
    steps.emplace_back("a value of the calling task");
    tasks_.test(test, no);
  }
  void task(TaskNumber number, const IntSet& set, std::vector<std::string>& steps) {
    steps.push_back("a value of the calling task: " + std::to_string(set.ranges.size()) + " ranges");
    const Label next = builder_.label("next");
    test_set(builder_, set, tasks_.read(number), maybe_, next);
    builder_.place(next);
  }

  // A word without any bit says nothing: the process's entry is not in the array.
  void fact(const FactFilter& test, Label no, std::vector<std::string>& steps) {
    steps.emplace_back("facts about the calling process");
    const FactTable::Place place = place_of(facts_, test);
    const Value word = builder_.value();
    builder_.call(word, ir::Callee::tl_fact_word, {int64_t{place.word}});
    const Label known = builder_.label("known");
    const Label on = builder_.label("fact");
    builder_.branch(ir::Compare::kEqual, ir::Width::k8, word, 0, on, known);
    builder_.place(known);
    // A parent that was not recorded is no reason to refuse.
    if (test.parent) {
      const Label recorded = builder_.label("recorded");
      builder_.branch(ir::Compare::kTestBits, ir::Width::k8, word, int64_t{TL_FACT_PRESENT}, recorded, on);
      builder_.place(recorded);
    }
    builder_.branch(ir::Compare::kTestBits, ir::Width::k8, word, static_cast<int64_t>(place.bit),
                    test.negated ? no : on, test.negated ? on : no);
    builder_.place(on);
  }
  void fact(uint32_t number, uint64_t bits, std::vector<std::string>& steps) {
    steps.emplace_back("facts about the calling process");
    const Value word = builder_.value();
    builder_.call(word, ir::Callee::tl_fact_word, {int64_t{number}});
    builder_.branch_if(ir::Compare::kEqual, ir::Width::k8, word, 0, maybe_);
    // As above.
    if (number >= facts_.words) {
      const Label recorded = builder_.label("recorded");
      builder_.branch(ir::Compare::kTestBits, ir::Width::k8, word, int64_t{TL_FACT_PRESENT}, recorded,
                      maybe_);
      builder_.place(recorded);
    }
    const Label next = builder_.label("next");
    builder_.branch(ir::Compare::kTestBits, ir::Width::k8, word, static_cast<int64_t>(bits), maybe_, next);
    builder_.place(next);
  }

  // A call without a file has no path, and no filter on one matches. Where newer verifiers take pointers to be possibly
  // null, nothing can be read of them before they have been compared.
  Value file_at(const ArgSource& source, Label no) {
    const Value file = sources_.read(source);
    if (nullable_) builder_.branch_if(ir::Compare::kEqual, ir::Width::k8, file, int64_t{0}, no);
    return file;
  }

  void leaf(const ArgSource& file, const LeafSet& set, Label no, std::vector<std::string>& steps) {
    steps.push_back("last component of the path of " + source_text(file) + ": " +
                    std::to_string(set.names.size()) + " names");
    const Label on = builder_.label("leaf");
    test_leaf(builder_, *offsets_, file_at(file, no), set, on, no);
    builder_.place(on);
  }

  void beginning(const ArgSource& file, const BeginningSet& set, Label no, std::vector<std::string>& steps) {
    steps.push_back("first components of the path of " + source_text(file) + ": " +
                    std::to_string(set.beginnings.size()) + " prefixes");
    const Label on = builder_.label("beginning");
    builder_.call(task_, ir::Callee::bpf_get_current_task_btf, {});
    test_beginning(builder_, *offsets_, file_at(file, no), task_, set, on, no);
    builder_.place(on);
  }

  void integers(const ArgSource& source, const IntSet& set, std::vector<std::string>& steps) {
    steps.push_back(source_text(source) + " as integer: " + std::to_string(set.ranges.size()) + " ranges");
    const Label next = builder_.label("next");
    builder_.line(sources_.line_of(source));
    test_set(builder_, set, sources_.read(source), maybe_, next);
    builder_.line({});
    builder_.place(next);
  }

  Builder& builder_;
  Sources sources_;
  TaskNumbers tasks_;
  const FactTable& facts_;
  std::optional<FileOffsets> offsets_;
  bool nullable_;
  Value task_;
  Label maybe_;
  Label no_;
};

// What was noted of a call must go when it returns, whatever it returns; and what is returned by a call that was not
// noted can be a socket to track.
void write_return_filter(Builder& builder, const HookPlan& plan, Label maybe, Label no,
                         std::vector<std::string>& steps) {
  const bool tracks = std::ranges::any_of(plan.sections, [](const HookSection& section) {
    return section.section().result_tracking != SockTracking::kNone;
  });
  if (tracks) {
    steps.emplace_back("every return is checked: what it returns is tracked");
    builder.jump(maybe);
  } else {
    steps.emplace_back("does any call wait for its return?");
    const Value noted = builder.value();
    builder.add(ir::Control{noted, offsetof(tl_control, noted)});
    builder.branch(ir::Compare::kEqual, ir::Width::k4, noted, 0, no, maybe);
  }
  builder.place(no);
}

}  // namespace

FilterPlan write_filter(Builder& builder, const HookPlan& plan, const Kernel& kernel, const FactTable& facts,
                        Label maybe, Label no) {
  FilterPlan out;
  if (is_return(plan.attachment)) {
    write_return_filter(builder, plan, maybe, no, out.steps);
    return out;
  }
  const bool typed = entry_of(plan.attachment) == ir::Entry::kTyped;
  const std::optional<FileOffsets> offsets = typed ? file_offsets(kernel) : std::nullopt;
  const TaskNumbers numbers(builder, kernel, plan.attachment);
  std::vector<Refuters> all;
  for (const HookSection& section : plan.sections) {
    for (const CheckedSelector& selector : section.section().selectors) {
      all.push_back(refuters_of(section.section(), selector, offsets.has_value(),
                                kernel.features.get_current_task_btf, numbers));
      all.back().document = section.policy->source_name;
      if (all.back().never) {
        all.pop_back();
      } else if (all.back().none()) {
        out.steps.emplace_back("cannot be pre-filtered: a selector can match any call");
        builder.jump(maybe);
        builder.place(no);
        return out;
      }
    }
  }
  FilterWriter writer(builder, plan, kernel, offsets, facts, maybe, no);
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
