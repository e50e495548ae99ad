// SPDX-License-Identifier: Apache-2.0
#include "compile/judge.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "abi/scratch.h"
#include "compile/condition/cel.h"
#include "compile/condition/integers.h"
#include "compile/condition/network.h"
#include "compile/condition/paths.h"
#include "compile/condition/process.h"
#include "compile/condition/texts.h"
#include "compile/facts.h"
#include "compile/values.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Callee;
using ir::Value;
using ir::Width;

constexpr int64_t kSigkill = 9;
constexpr int64_t kLastSignal = 64;
constexpr int64_t kRenewNamespaces = 1;
constexpr int64_t kRenewCapabilities = 2;

class Judge {
 public:
  Judge(Builder& builder, const JudgeInput& input)
      : builder_(builder),
        plan_(input.plan),
        schemas_(input.schemas),
        documents_(input.documents),
        numbering_(input.numbering),
        tasks_(builder, input.kernel, input.plan.attachment),
        returns_(is_return(input.plan.attachment)),
        overrides_(can_override(input.plan)),
        values_(builder, input.plan, input.kernel) {}

  void write() {
    const Label out = builder_.label("out");
    const Label held = builder_.label("held");
    gate(out);
    if (overrides_) {
      verdict_ = builder_.constant(0);
      if (by_return()) decided_ = builder_.constant(0);
    }
    slot_ = builder_.value();
    builder_.call(slot_, Callee::tl_slot_get, {});
    builder_.branch(kEqual, Width::k8, slot_, 0, out, held);
    builder_.place(out);  // here, not at the end: with a thousand policies that is too far for a jump
    builder_.finish_block();
    builder_.place(held);
    if (notes_calls()) builder_.call(Callee::tl_entry_frame, {slot_, int64_t{returns_}});
    const bool changes = sees_changes();
    if (changes) renews_ = builder_.constant(0);
    read_process(builder_, *numbering_.facts, plan_);
    if (!returns_) extract_all();
    // The event of the policy loaded last comes first, and within a policy that of its last section.
    const Label decided = builder_.label("decided");
    for (size_t n = plan_.sections.size(); n-- > 0;) section(n, decided);
    if (overrides_) builder_.place(decided);
    builder_.line({});
    if (changes) renew();
    builder_.call(Callee::tl_slot_put, {slot_});
    finish();
  }

 private:
  // Live while born <= epoch <= died (D8). In the epoch in which one program dies and another is born on the same
  // hook, the thread decides which of them judges (tl_take). At a return that is not asked: of two that are live, the
  // first one finds the call's note, and the other none.
  void gate(Label out) {
    const Value epoch = builder_.value();
    const Value died = builder_.value();
    builder_.add(ir::Control{epoch, offsetof(tl_control, epoch)});
    builder_.add(ir::Control{died, static_cast<uint32_t>(offsetof(tl_control, died) + 4 * numbering_.slot)});
    builder_.branch_if(kLess, Width::k4, epoch, static_cast<int64_t>(numbering_.born), out);
    builder_.branch_if(kGreater, Width::k4, epoch, died, out);
    if (returns_) return;
    const bool old_first = old_runs_first(plan_.attachment);
    const Label dying = builder_.label("dying");
    const Label older = builder_.label("older");
    const Label taking = builder_.label("taking");
    const Label live = builder_.label("live");
    builder_.branch(kEqual, Width::k4, epoch, died, dying, older);
    const Value taken = builder_.value();
    builder_.place(dying);
    if (old_first) {
      builder_.call(taken, Callee::tl_take, {epoch});
      builder_.branch(kEqual, Width::k4, taken, 0, out, live);
    } else {
      builder_.call(taken, Callee::tl_taken, {epoch});
      builder_.branch(kNotEqual, Width::k8, taken, 0, out, live);
    }
    builder_.place(older);
    builder_.branch(kEqual, Width::k4, epoch, static_cast<int64_t>(numbering_.born), taking, live);
    builder_.place(taking);
    if (old_first) {
      builder_.call(taken, Callee::tl_taken, {epoch});
      builder_.branch_if(kEqual, Width::k8, taken, 0, out);
    } else {
      builder_.call(Callee::tl_take, {epoch});
    }
    builder_.place(live);
  }

  // Does the program that the kernel calls make a system call return at once? Else it returns the value itself.
  [[nodiscard]] bool by_return() const { return plan_.attachment == Attachment::kKprobe; }

  // What the slot has room for. What it has not is read when its section comes, in the place of what the sections before
  // it have done with.
  void extract_all() {
    for (size_t n = plan_.sections.size(); n-- > 0;) {
      const CheckedHook& hook = plan_.sections[n].section();
      if (!values_.has_room_for(hook)) return;
      values_.extract(slot_, hook);
    }
  }
  void extract(const CheckedHook& hook) {
    if (!values_.has_room_for(hook)) values_.forget();
    values_.extract(slot_, hook);
  }

  // Is there an Override that is to be performed?
  static bool can_override(const HookPlan& plan) {
    return std::ranges::any_of(plan.sections, [&](const HookSection& section) {
      return section.policy->enforce &&
             std::ranges::any_of(section.section().selectors, [](const CheckedSelector& selector) {
               return std::ranges::any_of(selector.actions, overrides);
             });
    });
  }
  static bool overrides(const CheckedAction& action) {
    return action.kind == CheckedAction::Kind::kOverride && action.has_effect;
  }

  void finish() {
    if (!overrides_) return builder_.finish_block();
    if (!by_return()) return builder_.finish_block(verdict_);
    const Label end = builder_.label("end");
    builder_.branch_if(kEqual, Width::k8, decided_, 0, end);
    builder_.call(Callee::bpf_override_return, {verdict_});
    builder_.place(end);
    builder_.finish_block();
  }

  // What the first of several policies wants is done; a value that the function may go on with decides nothing. In
  // lsmhooks what comes after is not even looked at.
  void override(size_t number, int32_t error, Label decided) {
    if (!by_return() && error == 0) return;
    const bool may_be_decided = number + 1 < plan_.sections.size();
    const bool ends = plan_.sections[number].section().kind == HookKind::kLsm;
    const Label kept = builder_.label("kept");
    if (may_be_decided) builder_.branch_if(kNotEqual, Width::k8, by_return() ? decided_ : verdict_, 0, kept);
    builder_.add(ir::Constant{verdict_, error});
    if (by_return()) builder_.add(ir::Constant{decided_, 1});
    if (ends) builder_.jump(decided);
    if (may_be_decided) {
      builder_.place(kept);
    } else if (ends) {
      builder_.place(builder_.label("decided"));
    }
  }

  void section(size_t number, Label decided) {
    const CheckedHook& hook = plan_.sections[number].section();
    const Label done = builder_.label("done");
    const bool tracks = returns_ && hook.result_tracking != SockTracking::kNone;
    const Label unknown = tracks ? builder_.label("unknown") : done;
    if (returns_) {
      take_entry(number, unknown);
    } else {
      extract(hook);
    }
    for (size_t n = 0; n < hook.selectors.size(); ++n) {
      const CheckedSelector& selector = hook.selectors[n];
      const Label next = builder_.label("next");
      if (returns_ && n + 1 < hook.selectors.size()) behind_entry(n, next);
      for (const Filter* filter : by_cost(selector.filters)) {
        std::visit(
            [&](const auto& f) {
              at(number, f.span);
              test(hook, f, next);
            },
            *filter);
      }
      at(number, selector.span);
      actions(number, n, decided);
      builder_.jump(done);
      builder_.place(next);
    }
    builder_.place(done);
    if (!tracks) return;
    track(number, 0, hook.result_tracking == SockTracking::kTrack);
    builder_.place(unknown);
  }

  // Selectors before the one that the entry matched have no say about the return.
  void behind_entry(size_t selector, Label next) {
    const Value matched =
        builder_.load(slot_, offsetof(tl_slot, entry.selector), Width::k8, "entry selector");
    builder_.branch_if(kGreater, Width::k8, matched, static_cast<int64_t>(selector), next);
  }

  // Are there notes of calls (bpf/lib/entry.bpf.h) to be made or found?
  [[nodiscard]] bool notes_calls() const {
    return returns_ ||
           std::ranges::any_of(schemas_, [](const Schema& schema) { return schema.half == Half::kEntry; });
  }

  // Cheapest first (D5); order does not change the answer.
  static std::vector<const Filter*> by_cost(const std::vector<Filter>& filters) {
    std::vector<const Filter*> out;
    for (const Filter& filter : filters) out.push_back(&filter);
    std::ranges::stable_sort(out, {}, [](const Filter* filter) { return cost_of(*filter); });
    return out;
  }

  void test(const CheckedHook& hook, const IntFilter& filter, Label no) {
    const CheckedArg& arg = hook.args[filter.arg];
    test_integer(builder_, filter, integer_shape(arg.type), unlearned(values_.number(arg, no)), no);
  }
  void test(const CheckedHook& hook, const PathFilter& filter, Label no) {
    test_path(builder_, filter, slot_, values_.held(hook.args[filter.arg]), no);
  }
  void test(const CheckedHook& hook, const CelFilter& filter, Label no) {
    const auto argument = [&](uint32_t arg) { return unlearned(values_.number(hook.args[arg], no)); };
    test_cel(builder_, filter.expression, argument, no);
  }
  void test(const CheckedHook& hook, const TextFilter& filter, Label no) {
    const CheckedArg& arg = hook.args[filter.arg];
    const bool is_name = family_of(arg.type) == ArgFamily::kUnixAddress;
    Held text = values_.held(arg);
    if (is_name || !arg.source.steps.empty()) test_status(builder_, slot_, text, no);
    if (is_name) {
      text.result = builder_.load(slot_, text.fixed_offset() + offsetof(tl_field, size), Width::k4, "size");
    }
    test_text(builder_, filter, slot_, text, no);
  }
  void test(const CheckedHook& hook, const FileTypeFilter& filter, Label no) {
    test_status(builder_, slot_, values_.held(hook.args[filter.arg]), no);
    test_file_type(builder_, filter, slot_, values_.held(hook.args[filter.arg]), no);
  }
  void test(const CheckedHook& hook, const SocketFilter& filter, Label no) {
    const CheckedArg& arg = hook.args[filter.arg];
    test_socket(builder_, filter, arg.type, slot_, values_.held(arg), no);
  }
  void test(const CheckedHook& hook, const CapabilitiesGainedFilter& filter, Label no) {
    const Value old = values_.number(hook.args[filter.old], no);
    test_gained(builder_, old, values_.number(hook.args[filter.gained], no), no);
  }
  void test(const CheckedHook&, const TaskFilter& filter, Label no) { tasks_.test(filter, no); }
  void test(const CheckedHook&, const FactFilter& filter, Label no) {
    test_fact(builder_, *numbering_.facts, filter, no);
  }
  void test(const CheckedHook&, const ChangeFilter& filter, Label no) {
    test_change(builder_, *numbering_.facts, filter, no);
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

  [[nodiscard]] bool sees_changes() const { return facts_of({&plan_, 1}).recorded; }

  // What an event told of is recorded when all selectors have seen it.
  void renew() {
    const int64_t offset = numbering_.facts->recorded_offset();
    for (const auto& [bit, callee] : {std::pair{kRenewNamespaces, Callee::tl_renew_namespaces},
                                      std::pair{kRenewCapabilities, Callee::tl_renew_capabilities}}) {
      const Label yes = builder_.label("renew");
      const Label no = builder_.label("keep");
      builder_.branch(kTestBits, Width::k8, renews_, bit, yes, no);
      builder_.place(yes);
      builder_.call(callee, {offset});
      builder_.place(no);
    }
  }
  void note_renewal(const CheckedSelector& selector) {
    int64_t bits = 0;
    for (const Filter& filter : selector.filters) {
      const auto* change = std::get_if<ChangeFilter>(&filter);
      if (change == nullptr) continue;
      bits |= change->what == ChangeFilter::What::kNamespaces ? kRenewNamespaces : kRenewCapabilities;
    }
    if (bits != 0) builder_.add(ir::Binary{ir::BinaryOp::kOr, renews_, bits});
  }

  void at(size_t section, const Span& span) {
    builder_.line({documents_[section], static_cast<uint32_t>(span.line)});
  }

  // An action that is performed, or, in monitor mode, only counted.
  void enforce(const CheckedPolicy& policy, int64_t counter, size_t performed, size_t monitored) {
    count(counter, policy.enforce ? performed : monitored);
  }

  void actions(size_t number, size_t selector, Label decided) {
    const CheckedHook& hook = plan_.sections[number].section();
    const CheckedPolicy& policy = *plan_.sections[number].policy;
    const int64_t counter = schemas_[number].selectors[selector].counter;
    bool post = true;
    std::optional<int32_t> error;  // of several the last
    for (const CheckedAction& action : hook.selectors[selector].actions) {
      at(number, action.span);
      switch (action.kind) {
        case CheckedAction::Kind::kPost:
        case CheckedAction::Kind::kGetUrl:  // the agent's, when it has the event
        case CheckedAction::Kind::kDnsLookup:
          break;
        case CheckedAction::Kind::kNoPost:
          post = false;
          break;
        case CheckedAction::Kind::kSigkill:
        case CheckedAction::Kind::kSignal: {
          const int64_t signal = action.kind == CheckedAction::Kind::kSigkill ? kSigkill : action.signal;
          if (policy.enforce && signal != 0 && signal <= kLastSignal)
            builder_.call(Callee::bpf_send_signal, {signal});
          enforce(policy, counter, offsetof(tl_counter, signals), offsetof(tl_counter, monitored_signals));
          break;
        }
        case CheckedAction::Kind::kOverride:
          if (policy.enforce && action.has_effect) error = action.error;
          enforce(policy, counter, offsetof(tl_counter, overrides),
                  offsetof(tl_counter, monitored_overrides));
          break;
        case CheckedAction::Kind::kTrackSock:
        case CheckedAction::Kind::kUntrackSock:
          break;  // when the record is written, which tells whose the socket was until now
        case CheckedAction::Kind::kSet:
          enforce(policy, counter, offsetof(tl_counter, sets), offsetof(tl_counter, monitored_sets));
          break;
      }
    }
    const bool opens = schemas_[number].half == Half::kEntry;
    if (opens) save(hook, selector);
    if (post) {
      record(number, selector);
      note_renewal(hook.selectors[selector]);
    } else {
      count(counter, offsetof(tl_counter, unposted));
      if (opens) note(number);
    }
    for (const CheckedAction& action : hook.selectors[selector].actions) {
      if (action.sock) track(number, *action.sock, action.kind == CheckedAction::Kind::kTrackSock);
    }
    if (error) override(number, *error, decided);
  }

  void track(size_t number, uint32_t arg, bool tracks) {
    builder_.call(tracks ? Callee::tl_sock_track : Callee::tl_sock_untrack,
                  {slot_, values_.held(plan_.sections[number].section().args[arg]).at(), key_of(number)});
  }

  // Tells policies apart that track sockets: the same policy, loaded anew, goes on where it was.
  [[nodiscard]] int64_t key_of(size_t number) const {
    const CheckedPolicy& policy = *plan_.sections[number].policy;
    uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const char byte : policy.namespace_name + '/' + policy.name) {
      hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
    }
    return static_cast<int64_t>(hash);
  }

  // Whose the event is: the owner's of the last of its sockets that has one.
  void owner(size_t number, const Field& field) {
    const auto at = static_cast<int32_t>(offsetof(tl_slot, record) + field.offset);
    builder_.add(ir::Store{slot_, at, Width::k8, int64_t{0}});
    builder_.add(
        ir::Store{slot_, static_cast<int32_t>(at + offsetof(tl_owner, tgid)), Width::k8, int64_t{0}});
    for (const CheckedArg& arg : plan_.sections[number].section().args) {
      if (!is_shown(arg) || !is_socket(arg.type)) continue;
      builder_.call(Callee::tl_sock_tell,
                    {slot_, values_.held(arg).at(), key_of(number), int64_t{field.offset}});
    }
  }

  void count(int64_t counter, size_t member) {
    builder_.call(Callee::tl_count, {counter, static_cast<int64_t>(member)});
  }

  void record(size_t number, size_t selector) {
    const CheckedHook& hook = plan_.sections[number].section();
    const Schema& schema = schemas_[number];
    const Label limited = builder_.label("limited");
    const Label sent = builder_.label("sent");
    if (schema.half == Half::kReturn) {
      const Value time = builder_.load(slot_, offsetof(tl_slot, entry.time), Width::k8, "entry time");
      builder_.branch_if(kEqual, Width::k8, time, 0, sent);  // it would be half an event
    }
    builder_.call(Callee::tl_record_begin, {slot_, of_function(schema.id), static_cast<int64_t>(selector)});
    if (schema.half == Half::kReturn) entry_time();
    const Value end = builder_.constant(schema.fixed_size);
    const std::vector<CheckedAction>& actions = hook.selectors[selector].actions;
    const bool rated =
        std::ranges::any_of(actions, [](const auto& each) { return each.rate_limit.has_value(); });
    if (rated) rate_begin(number);
    size_t field = 0;
    for (const CheckedArg& arg : hook.args) {
      if (!is_shown(arg)) continue;
      const Value bytes = rated ? builder_.copy(end) : end;
      values_.record(arg, schema.fields[field], end);
      if (rated) rate_value(field, schema.fields[field], bytes);
      ++field;
    }
    if (rated) rate(actions, limited);
    data(number);
    if (shows_owner(*plan_.sections[number].policy, hook)) owner(number, schema.fields[field++]);
    const bool hashed = shows_hash(hook);
    for (; field + (hashed ? 1 : 0) < schema.fields.size(); ++field)
      stack(hook.selectors[selector], schema.fields[field], end);
    if (hashed) no_hash(schema.fields[field]);
    const int64_t counter = schema.selectors[selector].counter;
    if (std::ranges::any_of(actions, &CheckedAction::ima_hash)) {
      builder_.call(Callee::tl_hash_keep, {slot_, end, counter, int64_t{schema.fields[field].offset}});
    } else if (schema.half != Half::kEntry) {
      builder_.call(Callee::tl_record_send, {slot_, end, counter});
    } else {
      builder_.call(Callee::tl_entry_send, {slot_, end, counter, int64_t{schema.pair}});
    }
    if (rated && schema.half == Half::kEntry) {
      builder_.jump(sent);
      builder_.place(limited);
      note(number);
    } else if (rated) {
      builder_.place(limited);
    }
    builder_.place(sent);
  }

  // The return of a call that has no record looks for it all the same.
  void note(size_t number) { builder_.call(Callee::tl_entry_note, {slot_, int64_t{schemas_[number].pair}}); }

  // The number of the function that was called, where those of a plan's functions begin at `first`, 1 << `shift` apart.
  ir::Operand of_function(uint32_t first, uint32_t shift = 0) {
    if (!std::holds_alternative<target::Functions>(plan_.target)) return int64_t{first};
    const Value cookie = builder_.value();
    builder_.call(cookie, Callee::bpf_get_attach_cookie, {});
    const Value number = builder_.copy(cookie);
    if (shift > 0) builder_.add(ir::Binary{ir::BinaryOp::kShiftLeft, number, int64_t{shift}});
    builder_.add(ir::Binary{ir::BinaryOp::kAdd, number, int64_t{first}});
    return number;
  }

  // What is compared by a rate limit: the hook, the action before it in its list, who calls, and the arguments as
  // they stand in the record.
  void rate_begin(size_t number) {
    const uint32_t pair = pair_of(plan_, numbering_, number);
    if (std::holds_alternative<target::Functions>(plan_.target)) {
      builder_.call(Callee::tl_rate_begin, {slot_, of_function(pair << 1, 1)});
    } else {
      builder_.call(Callee::tl_rate_begin, {slot_, int64_t{pair} << 1 | (returns_ ? 1 : 0)});
    }
  }

  void rate_value(size_t number, const Field& field, Value bytes) {
    // Of a socket its addresses and ports, which come later than others' content.
    const bool sock = field.type == FieldType::kSock;
    const int64_t skip = sock ? offsetof(tl_sock, local) : sizeof(tl_field);
    const int64_t shape = int64_t{field_size(field.type)} | skip << TL_RATE_SKIP;
    builder_.call(Callee::tl_rate_value,
                  {slot_, static_cast<int64_t>(number), int64_t{field.offset}, shape, bytes});
  }

  // To `limited` unless every Post of the list may post.
  void rate(const std::vector<CheckedAction>& actions, Label limited) {
    int64_t previous = 0;
    for (const CheckedAction& action : actions) {
      if (action.rate_limit) {
        const Value allowed = builder_.value();
        const int64_t what = previous | scope_of(*action.rate_limit) << TL_RATE_SCOPE;
        builder_.call(allowed, Callee::tl_rate_allows, {slot_, what, int64_t{action.rate_limit->interval}});
        builder_.branch_if(kEqual, Width::k8, allowed, 0, limited);
      }
      previous = static_cast<int64_t>(action.kind) + 1;
    }
  }

  static int64_t scope_of(const RateLimit& limit) {
    switch (limit.scope) {
      case RateLimit::Scope::kThread:
        return TL_RATE_THREAD;
      case RateLimit::Scope::kProcess:
        return TL_RATE_PROCESS;
      case RateLimit::Scope::kGlobal:
        return TL_RATE_GLOBAL;
    }
    return TL_RATE_THREAD;
  }

  // What is longer than a record goes ahead of it.
  void data(size_t number) {
    size_t field = 0;
    for (const CheckedArg& arg : plan_.sections[number].section().args) {
      if (is_shown(arg)) values_.send_data(arg, schemas_[number].fields[field++]);
    }
  }

  // Only selectors that ask for a stack pay for it; in the records of others of the section it is empty.
  void stack(const CheckedSelector& selector, const Field& field, Value end) {
    const bool user = field.type == FieldType::kUserStack;
    const auto asked = user ? &CheckedAction::user_stack : &CheckedAction::kernel_stack;
    if (std::ranges::any_of(selector.actions, asked)) {
      builder_.call(end, Callee::tl_stack, {slot_, int64_t{field.offset}, end, int64_t{user}});
      return;
    }
    const auto at = static_cast<int32_t>(offsetof(tl_slot, record) + field.offset);
    builder_.add(ir::Store{slot_, at, Width::k8, int64_t{0}});
  }

  // Until there is one.
  void no_hash(const Field& field) {
    const auto at = static_cast<int32_t>(offsetof(tl_slot, record) + field.offset);
    builder_.add(ir::Store{slot_, at, Width::k8, int64_t{0}});
    builder_.add(ir::Store{slot_, at + 8, Width::k8, int64_t{0}});
  }

  void entry_time() {
    const Value time = builder_.load(slot_, offsetof(tl_slot, entry.time), Width::k8, "entry time");
    const auto at = static_cast<int32_t>(offsetof(tl_slot, record) + offsetof(tl_return, entry_time));
    builder_.add(ir::Store{slot_, at, Width::k8, time});
  }

  // On with a call whose entry was noted, and what was noted of it in the slot; else to `no`.
  void take_entry(size_t number, Label no) {
    const Value found = builder_.value();
    const Schema& schema = schemas_[number];
    builder_.call(found, Callee::tl_entry_take,
                  {slot_, int64_t{schema.pair}, int64_t{schema.selectors.front().counter}});
    builder_.branch_if(kEqual, Width::k8, found, 0, no);
    values_.forget();
    values_.extract(slot_, plan_.sections[number].section());
  }

  // What the return is told: the selector, and where the buffer is that will be read then.
  void save(const CheckedHook& hook, size_t selector) {
    builder_.add(ir::Store{slot_, static_cast<int32_t>(offsetof(tl_slot, entry.selector)), Width::k8,
                           static_cast<int64_t>(selector)});
    for (const CheckedArg& arg : hook.args) {
      if (!arg.return_copy) continue;
      const auto saved = static_cast<int32_t>(offsetof(tl_slot, entry.saved));
      builder_.add(ir::Store{slot_, saved, Width::k8, values_.plain(arg.source)});
      if (arg.size) builder_.add(ir::Store{slot_, saved + 8, Width::k8, values_.plain(*arg.size)});
    }
  }

  Builder& builder_;
  const HookPlan& plan_;
  const std::vector<Schema>& schemas_;
  const std::vector<uint32_t>& documents_;  // of each section
  const Numbering& numbering_;
  TaskNumbers tasks_;
  Value renews_;    // bits of kRenew
  bool returns_;    // this is the judge of a return
  bool overrides_;  // it has a result
  Value verdict_;   // which is this
  Value decided_;   // is there one? Where 0 is one as any other.
  Value slot_;
  Values values_;
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

bool shows_owner(const CheckedPolicy& policy, const CheckedHook& hook) {
  return tracks_sockets(policy) && std::ranges::any_of(hook.args, [](const CheckedArg& arg) {
           return is_shown(arg) && is_socket(arg.type);
         });
}

bool is_shown(const CheckedArg& arg) {
  return arg.place != ArgPlace::kHidden && family_of(arg.type) != ArgFamily::kNone;
}

}  // namespace tripline
