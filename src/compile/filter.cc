// SPDX-License-Identifier: Apache-2.0
// How a filter decides: what can refute a selector in registers (refuters.h) becomes one of two programs. The chain asks
// selector after selector, of each all conditions. The tree puts selectors that look at the same values into one group,
// and asks of each value once whether it is among those that any of the group looks for; it may pass combinations that no
// selector has. In both, what is cheap is asked first. Both are written, and the one on which a call that matches nothing
// costs less (prices.h) is taken; a tree that lets more pass has to make up for what the judge costs.
#include "compile/filter.h"

#include <algorithm>
#include <compare>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "abi/facts.h"
#include "abi/maps.h"
#include "compile/condition/cel.h"
#include "compile/condition/dentry.h"
#include "compile/condition/integers.h"
#include "compile/condition/process.h"
#include "compile/condition/scope.h"
#include "compile/prices.h"
#include "compile/refuters.h"
#include "compile/sources.h"

namespace tripline {
namespace {

using ir::Compare;
using ir::Value;
using ir::Width;

// Of calls that the tree passes and the chain would have refused, we take it that there is one in so many.
constexpr uint32_t kCoarse = 16;

// What several selectors can look at.
struct NumberOf {
  ArgSource source;
  uint32_t bits = 64;
  auto operator<=>(const NumberOf&) const = default;
};
struct FactsOf {
  bool parent = false;
  auto operator<=>(const FactsOf&) const = default;
};
struct ScopeOf {
  bool of_selector = false;
  auto operator<=>(const ScopeOf&) const = default;
};
struct LeafOf {
  ArgSource file;
  auto operator<=>(const LeafOf&) const = default;
};
struct BeginningOf {
  ArgSource file;
  auto operator<=>(const BeginningOf&) const = default;
};
struct HeadOf {
  ArgSource text;
  auto operator<=>(const HeadOf&) const = default;
};
// In the order of how much they tell, the most first, as far as one can know.
using Subject = std::variant<LeafOf, NumberOf, HeadOf, TaskNumber, FactsOf, BeginningOf, ScopeOf>;
// What they look for there; of facts and scopes, bits by word.
using FactBits = std::map<uint32_t, uint64_t>;
using Wanted = std::variant<LeafSet, IntSet, FactBits, BeginningSet>;

// Selectors that look at the same values: what any of them looks for.
struct Group {
  std::map<Subject, Wanted> wanted;
  std::vector<const Refuters*> selectors;
  bool coarse = false;  // it passes what none of them alone would
};

struct WantedOf {
  const FactTable& facts;
  const ScopeTable& scopes;
  using Pair = std::optional<std::pair<Subject, Wanted>>;

  Pair operator()(const LeafCondition& of) const { return {{LeafOf{of.file}, of.set}}; }
  Pair operator()(const BeginningCondition& of) const { return {{BeginningOf{of.file}, of.set}}; }
  Pair operator()(const HeadCondition& of) const { return {{HeadOf{of.text}, of.set}}; }
  // Those that say no to most calls.
  Pair operator()(const IntCondition& of) const {
    if (of.filter->op != IntFilter::Op::kEqual && of.filter->op != IntFilter::Op::kInRange)
      return std::nullopt;
    const IntegerShape shape = integer_shape(of.arg->type);
    return {{NumberOf{of.arg->source, shape.bits}, set_of(*of.filter, shape)}};
  }
  Pair operator()(const TaskCondition& of) const {
    if (of.filter->negated || of.filter->is_mask) return std::nullopt;
    IntSet set{.bits = 32, .ranges = {}};
    for (const uint64_t value : of.filter->values) set.add({.bits = 32, .ranges = {{value, value}}});
    return {{of.filter->number, std::move(set)}};
  }
  Pair operator()(const FactCondition& of) const {
    if (of.filter->negated) return std::nullopt;
    const FactTable::Place place = place_of(facts, *of.filter);
    return {{FactsOf{of.filter->parent}, FactBits{{place.word, place.bit}}}};
  }
  Pair operator()(const ScopeCondition& of) const {
    const ScopeTable::Place place = scopes.place(*of.scope);
    return {{ScopeOf{of.of_selector}, FactBits{{place.word, place.bit}}}};
  }
  Pair operator()(const CelCondition& /*of*/) const { return std::nullopt; }
};

void add(Wanted& into, const Wanted& from) {
  struct Add {
    const Wanted& from;
    void operator()(LeafSet& set) const {
      const auto& other = std::get<LeafSet>(from).leaves;
      set.leaves.insert(set.leaves.end(), other.begin(), other.end());
    }
    void operator()(BeginningSet& set) const {
      const auto& other = std::get<BeginningSet>(from).beginnings;
      set.beginnings.insert(set.beginnings.end(), other.begin(), other.end());
    }
    void operator()(IntSet& set) const { set.add(std::get<IntSet>(from)); }
    void operator()(FactBits& bits) const {
      for (const auto& [word, more] : std::get<FactBits>(from)) bits[word] |= more;
    }
  };
  std::visit(Add{from}, into);
}

// By the value that tells most; of the others a group keeps those that all its selectors look at.
std::vector<Group> groups_of(const std::vector<Refuters>& all, const FactTable& facts,
                             const ScopeTable& scopes) {
  std::map<Subject, Group> groups;
  std::vector<Group> alone;
  for (const Refuters& refuters : all) {
    std::map<Subject, Wanted> wanted;
    bool left_out = false;
    for (const Condition& condition : refuters.conditions) {
      auto pair = std::visit(WantedOf{facts, scopes}, condition);
      left_out |= !pair || !wanted.insert(std::move(*pair)).second;
    }
    if (wanted.empty()) {
      alone.push_back({{}, {&refuters}, false});
      continue;
    }
    const auto [at, is_new] = groups.try_emplace(wanted.begin()->first);
    Group& group = at->second;
    group.selectors.push_back(&refuters);
    group.coarse |= left_out;
    if (is_new) {
      group.wanted = std::move(wanted);
      continue;
    }
    group.coarse |= group.wanted.size() > 1 || wanted.size() > 1;
    std::erase_if(group.wanted, [&](const auto& entry) { return !wanted.contains(entry.first); });
    for (auto& [subject, into] : group.wanted) add(into, wanted.at(subject));
  }
  std::vector<Group> out;
  for (auto& [subject, group] : groups) {
    group.coarse &= group.selectors.size() > 1;
    out.push_back(std::move(group));
  }
  out.insert(out.end(), std::make_move_iterator(alone.begin()), std::make_move_iterator(alone.end()));
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
    case ArgSource::Kind::kRegister:
      return "register at " + std::to_string(source.offset);
    default:
      return "argument " + std::to_string(source.index);
  }
}

struct Input {
  const HookPlan& plan;
  const Kernel& kernel;
  const FactTable& facts;
  const ScopeTable& scopes;
  std::optional<FileOffsets> offsets;
};

class FilterWriter {
 public:
  FilterWriter(Builder& builder, const Input& input, Label maybe, Label no)
      : builder_(builder),
        input_(input),
        sources_(builder, input.kernel, input.plan),
        tasks_(builder, input.kernel, input.plan.attachment),
        nullable_(input.plan.attachment == Attachment::kLsm ||
                  input.plan.attachment == Attachment::kTracingRaw),
        task_(builder.value()),
        maybe_(maybe),
        no_(no) {}

  void chain(const std::vector<Refuters>& all) {
    for (const Refuters& refuters : all) selector(refuters);
    builder_.jump(no_);
  }

  void tree(const std::vector<Group>& groups) {
    std::vector<std::pair<uint32_t, const Group*>> order;
    for (const Group& each : groups) order.emplace_back(groups.size() == 1 ? 0 : first_price(each), &each);
    std::ranges::stable_sort(order, {}, [](const auto& entry) { return entry.first; });
    for (const auto& [price, each] : order) {
      if (each->selectors.size() == 1) {
        selector(*each->selectors.front());
      } else {
        group(*each);
      }
    }
    builder_.jump(no_);
  }

  // What was tested, in order.
  [[nodiscard]] std::vector<std::string> take_steps() { return std::move(steps_); }

 private:
  void selector(const Refuters& refuters) {
    std::vector<std::pair<uint32_t, const Condition*>> order;
    for (const Condition& condition : refuters.conditions) {
      const bool one = refuters.conditions.size() == 1;
      order.emplace_back(
          one ? 0 : price_of_test([&](FilterWriter& writer, Label no) { writer.test(condition, no); }),
          &condition);
    }
    std::ranges::stable_sort(order, {}, [](const auto& entry) { return entry.first; });
    const Label next = builder_.label("next");
    row_.reset();
    for (const auto& [price, condition] : order) {
      test(*condition, next);
      steps_.back() += "  ; " + std::string(refuters.document) + ":" + std::to_string(line_of(*condition));
    }
    builder_.jump(maybe_);
    builder_.place(next);
  }

  using Order = std::vector<std::pair<uint32_t, const std::pair<const Subject, Wanted>*>>;

  Order in_order(const Group& group) {
    Order out;
    for (const auto& entry : group.wanted) {
      const bool one = group.wanted.size() == 1;
      out.emplace_back(
          one ? 0 : price_of_test([&](FilterWriter& writer, Label no) { writer.test(entry, no); }), &entry);
    }
    std::ranges::stable_sort(out, {}, [](const auto& entry) { return entry.first; });
    return out;
  }

  void group(const Group& group) {
    const Label next = builder_.label("next");
    row_.reset();
    for (const auto& [price, entry] : in_order(group)) test(*entry, next);
    builder_.jump(maybe_);
    builder_.place(next);
  }

  // Of groups the first question is what most calls come to.
  uint32_t first_price(const Group& group) {
    if (group.wanted.empty()) return UINT32_MAX;
    return price_of_test([&](FilterWriter& writer, Label no) { writer.test(*group.wanted.begin(), no); });
  }

  // What it costs to be refused by that.
  template <typename Write>
  uint32_t price_of_test(Write write) {
    Builder trial("", entry_of(input_.plan.attachment), {});
    const Label maybe = trial.label("maybe");
    const Label no = trial.label("no");
    FilterWriter writer(trial, input_, maybe, no);
    write(writer, no);
    trial.jump(maybe);
    trial.place(no);
    trial.finish_block();
    trial.place(maybe);
    trial.call(ir::Callee::tl_judge, {});
    trial.finish_block();
    const std::optional<CostRange> cost = cost_of_miss(trial.finish(), input_.plan.attachment);
    return cost ? cost->least : UINT32_MAX;
  }

  void test(const Condition& condition, Label no) {
    std::visit([&](const auto& of) { one(of, no); }, condition);
  }
  void one(const IntCondition& of, Label no) {
    steps_.push_back(source_text(of.arg->source) + " as integer");
    builder_.line(sources_.line_of(of.arg->source));
    test_integer(builder_, *of.filter, integer_shape(of.arg->type), sources_.read(of.arg->source), no);
    builder_.line({});
  }
  void one(const CelCondition& of, Label no) {
    steps_.emplace_back("an expression over integers");
    const auto argument = [&](uint32_t arg) { return sources_.read(of.hook->args[arg].source); };
    test_cel(builder_, of.filter->expression, argument, no);
  }
  void one(const TaskCondition& of, Label no) {
    steps_.emplace_back("a value of the calling task");
    tasks_.test(*of.filter, no);
  }
  void one(const FactCondition& of, Label no) {
    steps_.emplace_back("facts about the calling process");
    const FactTable::Place place = place_of(input_.facts, *of.filter);
    const Label on = builder_.label("fact");
    const Value word = fact_word(fact_entry(on), place.word);
    if (of.filter->parent) test_recorded(word, on);
    builder_.branch(Compare::kTestBits, Width::k8, word, static_cast<int64_t>(place.bit),
                    of.filter->negated ? no : on, of.filter->negated ? on : no);
    builder_.place(on);
  }
  void one(const ScopeCondition& of, Label no) {
    steps_.emplace_back("the caller's container, or the host");
    const ScopeTable::Place place = input_.scopes.place(*of.scope);
    const Label on = builder_.label("in_scope");
    builder_.branch(Compare::kTestBits, Width::k8, scope_word(builder_, row(no), place.word),
                    static_cast<int64_t>(place.bit), on, no);
    builder_.place(on);
  }
  void one(const HeadCondition& of, Label no) { head(of.text, of.set, no); }
  void one(const LeafCondition& of, Label no) { leaf(of.file, of.set, no); }
  void one(const BeginningCondition& of, Label no) { beginning(of.file, of.set, no); }

  void test(const std::pair<const Subject, Wanted>& entry, Label no) {
    std::visit([&](const auto& subject) { any(subject, entry.second, no); }, entry.first);
  }
  void any(const HeadOf& of, const Wanted& wanted, Label no) { head(of.text, std::get<IntSet>(wanted), no); }
  void any(const LeafOf& of, const Wanted& wanted, Label no) { leaf(of.file, std::get<LeafSet>(wanted), no); }
  void any(const BeginningOf& of, const Wanted& wanted, Label no) {
    beginning(of.file, std::get<BeginningSet>(wanted), no);
  }
  void any(const NumberOf& of, const Wanted& wanted, Label no) {
    const auto& set = std::get<IntSet>(wanted);
    steps_.push_back(source_text(of.source) + " as integer: " + std::to_string(set.ranges.size()) +
                     " ranges");
    builder_.line(sources_.line_of(of.source));
    among(set, sources_.read(of.source), no);
    builder_.line({});
  }
  void any(const TaskNumber& number, const Wanted& wanted, Label no) {
    const auto& set = std::get<IntSet>(wanted);
    steps_.push_back("a value of the calling task: " + std::to_string(set.ranges.size()) + " ranges");
    among(set, tasks_.read(number), no);
  }
  void any(const FactsOf& of, const Wanted& wanted, Label no) {
    steps_.emplace_back("facts about the calling process");
    const Label on = builder_.label("fact");
    const Value entry = fact_entry(on);
    for (const auto& [number, bits] : std::get<FactBits>(wanted)) {
      const Value word = fact_word(entry, number);
      if (of.parent) test_recorded(word, on);
      builder_.branch_if(Compare::kTestBits, Width::k8, word, static_cast<int64_t>(bits), on);
    }
    builder_.jump(no);
    builder_.place(on);
  }

  void any(const ScopeOf& /*of*/, const Wanted& wanted, Label no) {
    const auto& words = std::get<FactBits>(wanted);
    steps_.push_back("the caller's container, or the host: " + std::to_string(words.size()) +
                     (words.size() == 1 ? " word of scopes" : " words of scopes"));
    const Label on = builder_.label("in_scope");
    const Value at = row(no);
    for (const auto& [number, bits] : words) {
      const Value word = scope_word(builder_, at, number);
      if (bits == UINT64_MAX)
        builder_.branch_if(Compare::kNotEqual, Width::k8, word, int64_t{0}, on);  // without the mask
      else
        builder_.branch_if(Compare::kTestBits, Width::k8, word, static_cast<int64_t>(bits), on);
    }
    builder_.jump(no);
    builder_.place(on);
  }

  // The caller's. The tests of one selector come one after the other, and share it.
  Value row(Label none) {
    if (!row_) row_ = scope_row(builder_, input_.kernel, input_.plan.attachment, input_.scopes, none);
    return *row_;
  }

  void among(const IntSet& set, Value number, Label no) {
    const Label yes = builder_.label("yes");
    test_set(builder_, set, number, yes, no);
    builder_.place(yes);
  }

  // The calling process's entry; to `unknown` when it is not in the array, which says nothing.
  Value fact_entry(Label unknown) {
    const Value entry = builder_.value();
    builder_.call(entry, ir::Callee::tl_fact_entry, {});
    builder_.branch_if(Compare::kEqual, Width::k8, entry, 0, unknown);
    return entry;
  }
  Value fact_word(Value entry, uint32_t word) {
    return builder_.load(entry, static_cast<uint32_t>(sizeof(tl_facts) + word * sizeof(uint64_t)), Width::k8,
                         "facts");
  }
  // A parent that was not recorded is no reason to refuse.
  void test_recorded(Value word, Label unknown) {
    const Label recorded = builder_.label("recorded");
    builder_.branch(Compare::kTestBits, Width::k8, word, int64_t{TL_FACT_PRESENT}, recorded, unknown);
    builder_.place(recorded);
  }

  // A call without a file has no path, and no filter on one matches. Where newer verifiers take pointers to be possibly
  // null, nothing can be read of them before they have been compared.
  Value file_at(const ArgSource& source, Label no) {
    const Value file = sources_.read(source);
    if (nullable_) builder_.branch_if(Compare::kEqual, Width::k8, file, int64_t{0}, no);
    return file;
  }

  void head(const ArgSource& text, const IntSet& set, Label no) {
    steps_.push_back("first bytes of the text of " + source_text(text) + ": " +
                     std::to_string(set.ranges.size() - 1) + (set.ranges.size() == 2 ? " range" : " ranges"));
    builder_.line(sources_.line_of(text));
    const Value head = builder_.value();
    const Value at = builder_.copy(sources_.read(text));
    sources_.keep_from_kernel(text, at);
    builder_.call(head, ir::Callee::tl_text_head, {at});
    among(set, head, no);
    builder_.line({});
  }

  void leaf(const ArgSource& file, const LeafSet& set, Label no) {
    steps_.push_back("last component of the path of " + source_text(file) + ": " +
                     std::to_string(set.leaves.size()) + " names");
    const Label on = builder_.label("leaf");
    test_leaf(builder_, *input_.offsets, file_at(file, no), set, on, no);
    builder_.place(on);
  }

  void beginning(const ArgSource& file, const BeginningSet& set, Label no) {
    steps_.push_back("first components of the path of " + source_text(file) + ": " +
                     std::to_string(set.beginnings.size()) + " prefixes");
    const Label on = builder_.label("beginning");
    builder_.call(task_, ir::Callee::bpf_get_current_task_btf, {});
    test_beginning(builder_, *input_.offsets, file_at(file, no), task_, set, on, no);
    builder_.place(on);
  }

  Builder& builder_;
  const Input& input_;
  Sources sources_;
  TaskNumbers tasks_;
  bool nullable_;
  Value task_;
  std::optional<Value> row_;
  Label maybe_;
  Label no_;
  std::vector<std::string> steps_;
};

// What a call costs that matches nothing, in a filter of that form.
template <typename Write>
uint32_t price_of(const Input& input, Write write) {
  Builder trial("", entry_of(input.plan.attachment), {});
  const Label maybe = trial.label("maybe");
  const Label no = trial.label("no");
  FilterWriter writer(trial, input, maybe, no);
  write(writer);
  trial.place(no);
  trial.finish_block();
  trial.place(maybe);
  trial.call(ir::Callee::tl_judge, {});
  trial.finish_block();
  ir::Program program = trial.finish();
  ir::simplify(program);
  const std::optional<CostRange> cost = cost_of_miss(program, input.plan.attachment);
  return cost ? (cost->least + cost->most) / 2 : UINT32_MAX;
}

FilterForm cheaper_form(const Input& input, const std::vector<Refuters>& all,
                        const std::vector<Group>& groups) {
  if (all.size() <= 1) return FilterForm::kStraight;
  uint32_t tree = price_of(input, [&](FilterWriter& writer) { writer.tree(groups); });
  if (std::ranges::any_of(groups, &Group::coarse)) tree += judge_price() / kCoarse;
  if (all.size() * branch_price() > tree) return FilterForm::kMerged;  // no need to try
  const uint32_t chain = price_of(input, [&](FilterWriter& writer) { writer.chain(all); });
  return chain <= tree ? FilterForm::kStraight : FilterForm::kMerged;
}

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
    builder.branch(Compare::kEqual, Width::k4, noted, 0, no, maybe);
  }
  builder.place(no);
}

}  // namespace

FilterPlan write_filter(Builder& builder, const HookPlan& plan, const Kernel& kernel, const FactTable& facts,
                        const ScopeTable& scopes, Label maybe, Label no) {
  FilterPlan out;
  if (is_return(plan.attachment)) {
    write_return_filter(builder, plan, maybe, no, out.steps);
    return out;
  }
  if (!plan.enforced.empty()) {
    out.steps.emplace_back("does any notice wait for an enforcer?");
    const Value noticed = builder.value();
    builder.add(ir::Control{noticed, offsetof(tl_control, noticed)});
    builder.branch_if(Compare::kNotEqual, Width::k4, noticed, 0, maybe);
  }
  const bool typed = entry_of(plan.attachment) == ir::Entry::kTyped;
  const Input input{plan, kernel, facts, scopes, typed ? file_offsets(kernel) : std::nullopt};
  const TaskNumbers numbers(builder, kernel, plan.attachment);
  const Readable readable{input.offsets.has_value(), kernel.features.get_current_task_btf, numbers};
  std::vector<Refuters> all;
  for (const HookSection& section : plan.sections) {
    for (const CheckedSelector& selector : section.section().selectors) {
      Refuters refuters = refuters_of(*section.policy, section.section(), selector, readable);
      refuters.document = section.policy->source_name;
      if (refuters.never) continue;
      if (refuters.conditions.empty()) {
        out.steps.emplace_back("cannot be pre-filtered: a selector can match any call");
        builder.jump(maybe);
        builder.place(no);
        return out;
      }
      all.push_back(std::move(refuters));
    }
  }
  const std::vector<Group> groups = groups_of(all, facts, scopes);
  out.form = cheaper_form(input, all, groups);
  FilterWriter writer(builder, input, maybe, no);
  if (out.form == FilterForm::kStraight) {
    writer.chain(all);
  } else {
    writer.tree(groups);
  }
  for (std::string& step : writer.take_steps()) out.steps.push_back(std::move(step));
  builder.place(no);
  return out;
}

}  // namespace tripline
