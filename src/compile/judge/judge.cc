// SPDX-License-Identifier: Apache-2.0
// How a judge works: past the gate (gate.h) it reads what all sections look at into the slot, once (values.h). Then it
// takes the sections that can match (choose.h), the last first, and tests the selectors of each in their order, each one's filters from the cheapest to the
// dearest; the first that fails leads to the next selector. The first selector that passes acts (act.h), and the section
// is done. At a return a section is only looked at when the entry of the call left a note for it (entry.h).
#include "compile/judge/judge.h"

#include <algorithm>
#include <variant>

#include "compile/condition/cel.h"
#include "compile/condition/integers.h"
#include "compile/condition/network.h"
#include "compile/condition/paths.h"
#include "compile/condition/process.h"
#include "compile/condition/scope.h"
#include "compile/condition/texts.h"
#include "compile/judge/act.h"
#include "compile/judge/choose.h"
#include "compile/judge/enforce.h"
#include "compile/judge/entry.h"
#include "compile/judge/gate.h"
#include "compile/judge/judging.h"
#include "compile/values.h"

namespace tripline {
namespace {

using ir::Value;
using ir::Width;

class Judge {
 public:
  Judge(Builder& builder, const JudgeInput& input)
      : builder_(builder),
        plan_(input.plan),
        kernel_(input.kernel),
        facts_(*input.numbering.facts),
        scopes_(*input.numbering.scopes),
        tasks_(builder, input.kernel, input.plan.attachment),
        returns_(is_return(input.plan.attachment)),
        values_(builder, input.plan, input.kernel),
        judging_{builder, input.plan, input.schemas, input.documents, input.numbering, values_, {}} {}

  void write() {
    const Label out = builder_.label("out");
    if (!plan_.enforced.empty()) return write_enforcing(out);
    test_live(builder_, plan_, judging_.numbering, out, out);
    Actions actions(judging_);
    actions.begin();
    find_row(out);
    judging_.slot = take_slot(builder_, out, out);
    judge(actions);
    actions.end();
  }

 private:
  // Whoever judges the call, and whether there is memory to: a notice that waits is taken, after what sections do.
  void write_enforcing(Label out) {
    const Label judged = builder_.label("judged");
    Actions actions(judging_);
    actions.begin();
    test_live(builder_, plan_, judging_.numbering, out, judged);
    if (!plan_.sections.empty()) {
      find_row(out);
      judging_.slot = take_slot(builder_, out, judged);
      judge(actions);
    }
    builder_.place(judged);
    enforce_notices(judging_, actions);
    actions.end();
    if (!plan_.sections.empty()) return;
    builder_.place(out);
    builder_.finish_block();
  }

  // Whom the sections are asked about. At a return it is whoever entered: only what selectors ask is asked again.
  void find_row(Label out) {
    const bool asks = std::ranges::any_of(plan_.sections, [this](const HookSection& section) {
      return (!returns_ && section.policy->scope) ||
             std::ranges::any_of(section.section().selectors,
                                 [](const CheckedSelector& selector) { return selector.scope.has_value(); });
    });
    if (asks) judging_.row = scope_row(builder_, kernel_, plan_.attachment, scopes_, out);
  }

  // All sections, with the slot.
  void judge(Actions& actions) {
    if (notes_calls(judging_)) find_frame(judging_);
    actions.open();
    read_process(builder_, facts_, plan_, judging_.slot);
    if (!returns_ && extract_all() && plan_.sections.size() > 1) {
      Choice choice(judging_, facts_, scopes_);
      choice.decide();
      sections(0, plan_.sections.size(), choice, actions);
    } else {
      for (size_t n = plan_.sections.size(); n-- > 0;) section(n, actions);
    }
    actions.close();
  }

  // What the slot has room for; is that all? What it has not is read when its section comes, in the place of what the
  // sections before it have done with.
  bool extract_all() {
    for (size_t n = plan_.sections.size(); n-- > 0;) {
      const CheckedHook& hook = judging_.hook(n);
      if (!values_.has_room_for(hook)) return false;
      values_.extract(judging_.slot, hook);
    }
    return true;
  }
  void extract(const CheckedHook& hook) {
    if (!values_.has_room_for(hook)) values_.forget();
    values_.extract(judging_.slot, hook);
  }

  // The event of the policy loaded last comes first, and within a policy that of its last section.
  void sections(size_t first, size_t last, Choice& choice, Actions& actions) {
    if (last - first == 1) return section(first, actions);
    const Label none = builder_.label("none");
    choice.test(first, last, none);
    const size_t middle = first + (last - first) / 2;
    sections(middle, last, choice, actions);
    sections(first, middle, choice, actions);
    builder_.line({});
    builder_.place(none);
  }

  void section(size_t number, Actions& actions) {
    const CheckedHook& hook = judging_.hook(number);
    const Label done = builder_.label("done");
    const bool tracks = returns_ && hook.result_tracking != SockTracking::kNone;
    const Label unknown = tracks ? builder_.label("unknown") : done;
    if (returns_) {
      take_entry(judging_, number, unknown);
    } else {
      if (const auto& scope = judging_.policy(number).scope)
        test_scope(builder_, scopes_, *scope, judging_.row, done);
      extract(hook);
    }
    for (size_t n = 0; n < hook.selectors.size(); ++n) {
      const Label next = builder_.label("next");
      if (returns_ && n + 1 < hook.selectors.size()) test_entry(judging_, n, next);
      if (hook.selectors[n].scope) {
        const Label entered = builder_.label("entered");
        if (returns_) test_other_entry(judging_, n, entered);
        test_scope(builder_, scopes_, *hook.selectors[n].scope, judging_.row, next);
        builder_.place(entered);
      }
      selector(number, hook.selectors[n], next);
      actions.perform(number, n);
      builder_.jump(done);
      builder_.place(next);
    }
    builder_.place(done);
    if (!tracks) return;
    track_socket(judging_, number, 0, hook.result_tracking == SockTracking::kTrack);
    builder_.place(unknown);
  }

  // On when all filters pass, else to `next`. Their order does not change the answer (D5).
  void selector(size_t section, const CheckedSelector& selector, Label next) {
    const CheckedHook& hook = judging_.hook(section);
    std::vector<const Filter*> filters;
    for (const Filter& filter : selector.filters) filters.push_back(&filter);
    std::ranges::stable_sort(filters, {}, [](const Filter* filter) { return cost_of(*filter); });
    for (const Filter* filter : filters) {
      std::visit(
          [&](const auto& f) {
            judging_.at(section, f.span);
            test(hook, f, next);
          },
          *filter);
    }
    judging_.at(section, selector.span);
  }

  void test(const CheckedHook& hook, const IntFilter& filter, Label no) {
    const CheckedArg& arg = hook.args[filter.arg];
    test_integer(builder_, filter, integer_shape(arg.type), unlearned(values_.number(arg, no)), no);
  }
  void test(const CheckedHook& hook, const PathFilter& filter, Label no) {
    test_path(builder_, filter, judging_.slot, values_.held(hook.args[filter.arg]), no);
  }
  void test(const CheckedHook& hook, const CelFilter& filter, Label no) {
    const auto argument = [&](uint32_t arg) { return unlearned(values_.number(hook.args[arg], no)); };
    test_cel(builder_, filter.expression, argument, no);
  }
  void test(const CheckedHook& hook, const TextFilter& filter, Label no) {
    const CheckedArg& arg = hook.args[filter.arg];
    const bool is_name = family_of(arg.type) == ArgFamily::kUnixAddress;
    Held text = values_.held(arg);
    if (is_name || !arg.source.steps.empty()) test_status(builder_, judging_.slot, text, no);
    if (is_name) {
      text.result =
          builder_.load(judging_.slot, text.fixed_offset() + offsetof(tl_field, size), Width::k4, "size");
    }
    test_text(builder_, filter, judging_.slot, text, no);
  }
  void test(const CheckedHook& hook, const FileTypeFilter& filter, Label no) {
    const Held& file = values_.held(hook.args[filter.arg]);
    test_status(builder_, judging_.slot, file, no);
    test_file_type(builder_, filter, judging_.slot, file, no);
  }
  void test(const CheckedHook& hook, const SocketFilter& filter, Label no) {
    const CheckedArg& arg = hook.args[filter.arg];
    test_socket(builder_, filter, arg.type, judging_.slot, values_.held(arg), no);
  }
  void test(const CheckedHook& hook, const CapabilitiesGainedFilter& filter, Label no) {
    const Value old = values_.number(hook.args[filter.old], no);
    test_gained(builder_, old, values_.number(hook.args[filter.gained], no), no);
  }
  void test(const CheckedHook&, const TaskFilter& filter, Label no) { tasks_.test(filter, no); }
  void test(const CheckedHook&, const FactFilter& filter, Label no) {
    test_fact(builder_, facts_, filter, judging_.slot, no);
  }
  void test(const CheckedHook&, const ChangeFilter& filter, Label no) {
    test_change(builder_, facts_, filter, no);
  }
  void test(const CheckedHook&, const ConstantFilter& filter, Label no) {
    if (filter.passes) return;
    builder_.jump(no);
    builder_.place(builder_.label("never"));
  }

  // The same in a value of its own, masked though no bit is lost: the verifier would else learn from each comparison
  // what the argument is, and keep every outcome of all of them apart (paths.cc).
  Value unlearned(Value number) {
    const Value out = builder_.copy(number);
    builder_.add(ir::Binary{ir::BinaryOp::kAnd, out, int64_t{-1}});
    return out;
  }

  Builder& builder_;
  const HookPlan& plan_;
  const Kernel& kernel_;
  const FactTable& facts_;
  const ScopeTable& scopes_;
  TaskNumbers tasks_;
  bool returns_;  // this is the judge of a return
  Values values_;
  Judging judging_;
};

}  // namespace

void write_judge(Builder& builder, const JudgeInput& input) { Judge(builder, input).write(); }

int cost_of(const Filter& filter) {
  struct Cost {
    int operator()(const ConstantFilter&) const { return 0; }
    int operator()(const IntFilter&) const { return 1; }
    int operator()(const CelFilter&) const { return 2; }
    int operator()(const FileTypeFilter&) const { return 2; }
    int operator()(const PathFilter& filter) const { return text(filter.op); }
    int operator()(const TextFilter& filter) const { return text(filter.op); }
    static int text(TextOp op) {
      return op == TextOp::kSubString || op == TextOp::kSubStringIgnCase ? 50 : 5;
    }
    int operator()(const CapabilitiesGainedFilter&) const { return 2; }
    int operator()(const SocketFilter& filter) const { return filter.addresses.empty() ? 2 : 3; }
    int operator()(const TaskFilter&) const { return 2; }
    int operator()(const FactFilter&) const { return 3; }
    int operator()(const ChangeFilter&) const { return 6; }
  };
  return std::visit(Cost{}, filter);
}

}  // namespace tripline
