// SPDX-License-Identifier: Apache-2.0
#include "compile/judge/act.h"

#include <algorithm>

#include "abi/maps.h"
#include "abi/scratch.h"
#include "compile/judge/entry.h"
#include "compile/judge/notice.h"
#include "compile/judge/record.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Callee;
using ir::Width;
using Kind = CheckedAction::Kind;

constexpr int64_t kSigkill = 9;
constexpr int64_t kLastSignal = 64;

// The override that is performed when the policy enforces; of several the last.
// In uprobes that is what registers become, and has no error.
std::optional<int32_t> error_of(const CheckedPolicy& policy, const CheckedSelector& selector) {
  std::optional<int32_t> error;
  if (policy.monitor_only) return error;
  for (const CheckedAction& action : selector.actions) {
    if (action.kind == Kind::kOverride && action.has_effect) error = action.error;
    if (action.direct && action.error != 0) error = action.error;
  }
  return error;
}

bool can_override(const HookPlan& plan) {
  if (!plan.enforced.empty()) return true;
  return std::ranges::any_of(plan.sections, [](const HookSection& section) {
    return std::ranges::any_of(section.section().selectors, [&](const CheckedSelector& selector) {
      return error_of(*section.policy, selector).has_value();
    });
  });
}

// All that the overrides of a selector assign, in order.
std::vector<Assignment> assignments_of(const CheckedSelector& selector) {
  std::vector<Assignment> out;
  for (const CheckedAction& action : selector.actions)
    out.insert(out.end(), action.assignments.begin(), action.assignments.end());
  return out;
}

Width width_of(uint32_t bytes) { return static_cast<Width>(bytes); }

}  // namespace

Actions::Actions(const Judging& judging)
    : judging_(judging), builder_(judging.builder), overrides_(can_override(judging.plan)) {}

void Actions::begin() {
  if (!overrides_) return;
  verdict_ = builder_.constant(0);
  if (by_return()) has_verdict_ = builder_.constant(0);
}

void Actions::open() {
  decided_ = builder_.label("decided");
  if (facts_of({&judging_.plan, 1}).recorded) renewals_.emplace(builder_, *judging_.numbering.facts);
}

void Actions::perform(size_t section, size_t selector) {
  const CheckedSelector& matched = judging_.hook(section).selectors[selector];
  const int64_t counter = judging_.schemas[section].selectors[selector].counter;
  mode_.reset();
  for (const CheckedAction& action : matched.actions) {
    judging_.at(section, action.span);
    one(section, counter, action);
  }
  const bool opens = judging_.schemas[section].half == Half::kEntry;
  if (opens) save_entry(judging_, section, selector);
  if (std::ranges::find(matched.actions, Kind::kNoPost, &CheckedAction::kind) == matched.actions.end()) {
    write_record(judging_, section, selector);
    if (renewals_) renewals_->note(matched);
  } else {
    count(counter, offsetof(tl_counter, unposted));
    if (opens) note_entry(judging_, section);
  }
  for (const CheckedAction& action : matched.actions) {
    if (action.sock) track_socket(judging_, section, *action.sock, action.kind == Kind::kTrackSock);
  }
  if (const auto error = error_of(judging_.policy(section), matched)) {
    if (by_registers())
      override_registers(section, selector);
    else
      override(section, *error);
  }
  for (const CheckedAction& action : matched.actions)
    if (action.place && !judging_.policy(section).monitor_only) set_place(section, action);
}

void Actions::one(size_t section, int64_t counter, const CheckedAction& action) {
  switch (action.kind) {
    case Kind::kSigkill:
    case Kind::kSignal: {
      const int64_t signal = action.kind == Kind::kSigkill ? kSigkill : action.signal;
      enforce(section, counter,
              {offsetof(tl_counter, signals), offsetof(tl_counter, monitored_signals),
               signal <= kLastSignal ? signal : 0});
      return;
    }
    case Kind::kOverride:  // is performed when all else is done
      enforce(section, counter, {offsetof(tl_counter, overrides), offsetof(tl_counter, monitored_overrides)});
      return;
    case Kind::kSet:
      enforce(section, counter, {offsetof(tl_counter, sets), offsetof(tl_counter, monitored_sets)});
      return;
    case Kind::kNotifyEnforcer:
      notify(section, counter, action);
      return;
    case Kind::kCleanupEnforcerNotification:
      if (action.has_effect) drop_notice(judging_, section, TL_MISSED_NO_ACTION);
      return;
    case Kind::kPost:
    case Kind::kNoPost:
    case Kind::kGetUrl:  // the agent's, when it has the event
    case Kind::kDnsLookup:
    case Kind::kTrackSock:  // when the record is written, which tells whose the socket was until now
    case Kind::kUntrackSock:
      return;
  }
}

// On the enforced call itself it is a signal and an override. A notice that waits for this call all the same is one that
// another hook left, and this one takes its place.
void Actions::notify(size_t section, int64_t counter, const CheckedAction& action) {
  if (!action.has_effect) return;
  Enforced enforced{offsetof(tl_counter, notices), offsetof(tl_counter, monitored_notices)};
  if (!action.direct)
    return enforce(section, counter, enforced, [&] { leave_notice(judging_, section, action); });
  if (action.signal <= kLastSignal) enforced.signal = action.signal;
  enforce(section, counter, enforced, [&] {
    if (leaves_notices(judging_.policy(section))) drop_notice(judging_, section, TL_MISSED_OVERWRITTEN);
  });
}

void Actions::enforce(size_t section, int64_t counter, const Enforced& enforced,
                      const std::function<void()>& perform) {
  if (judging_.policy(section).monitor_only) return count(counter, enforced.monitored);
  const Label performed = builder_.label("performed");
  const Label monitored = builder_.label("monitored");
  const Label done = builder_.label("acted");
  builder_.branch(kEqual, Width::k4, mode(section), TL_MONITOR, monitored, performed);
  builder_.place(monitored);
  count(counter, enforced.monitored);
  builder_.jump(done);
  builder_.place(performed);
  if (perform) perform();
  if (enforced.signal != 0) builder_.call(Callee::bpf_send_signal, {enforced.signal});
  count(counter, enforced.performed);
  builder_.place(done);
}

ir::Value Actions::mode(size_t section) {
  if (!mode_) {
    mode_ = builder_.value();
    const size_t at = offsetof(tl_control, mode) + sizeof(__u32) * mode_of(judging_.numbering, section);
    builder_.add(ir::Control{*mode_, static_cast<uint32_t>(at)});
  }
  return *mode_;
}

void Actions::count(int64_t counter, size_t member) {
  builder_.call(Callee::tl_count, {counter, static_cast<int64_t>(member)});
}

// What the first of several policies wants is done; a value that the function may go on with decides nothing. In
// lsmhooks what comes after is not even looked at.
void Actions::override(size_t section, int32_t error) {
  if (!by_return() && error == 0) return;
  const bool may_be_decided = section + 1 < judging_.plan.sections.size();
  const bool ends = judging_.hook(section).kind == HookKind::kLsm;
  const Label kept = builder_.label("kept");
  builder_.branch_if(kEqual, Width::k4, mode(section), TL_MONITOR, kept);
  if (may_be_decided)
    builder_.branch_if(kNotEqual, Width::k8, by_return() ? has_verdict_ : verdict_, 0, kept);
  builder_.add(ir::Constant{verdict_, error});
  if (by_return()) builder_.add(ir::Constant{has_verdict_, 1});
  if (ends) builder_.jump(decided_);
  builder_.place(kept);
}

// The first of several policies has its way. Registers are set when all sections are done: they are what filters compare.
void Actions::override_registers(size_t section, size_t selector) {
  const Label kept = builder_.label("kept");
  builder_.branch_if(kEqual, Width::k4, mode(section), TL_MONITOR, kept);
  if (section + 1 < judging_.plan.sections.size())
    builder_.branch_if(kNotEqual, Width::k8, verdict_, 0, kept);
  overridden_.emplace_back(section, selector);
  builder_.add(ir::Constant{verdict_, static_cast<int64_t>(overridden_.size())});
  builder_.place(kept);
}

void Actions::assign_registers() {
  for (size_t n = 0; n < overridden_.size(); ++n) {
    const auto [section, selector] = overridden_[n];
    const Label other = builder_.label("other");
    builder_.branch_if(kNotEqual, Width::k8, verdict_, static_cast<int64_t>(n + 1), other);
    for (const Assignment& each : assignments_of(judging_.hook(section).selectors[selector])) assign(each);
    builder_.place(other);
  }
}

void Actions::assign(const Assignment& assignment) {
  const Label failed = builder_.label("failed");
  ir::Operand from = assignment.constant;
  if (assignment.from != Assignment::From::kConstant) {
    const ir::Value value = builder_.value();
    builder_.add(ir::Context{value, assignment.reg, width_of(assignment.reg_size)});
    const ir::Value sum = builder_.copy(value);
    if (assignment.constant != 0) builder_.add(ir::Binary{ir::BinaryOp::kAdd, sum, assignment.constant});
    if (assignment.from == Assignment::From::kMemory) {
      // The process chose the address, and gets what is there: it must be its own.
      const ir::Value half = builder_.copy(sum);
      builder_.add(ir::Binary{ir::BinaryOp::kShiftRight, half, int64_t{63}});
      builder_.branch_if(kNotEqual, Width::k8, half, 0, failed);
      builder_.add(
          ir::Store{judging_.slot, static_cast<int32_t>(offsetof(tl_slot, resolved)), Width::k4, int64_t{0}});
      builder_.call(sum, Callee::tl_follow, {sum, judging_.slot, int64_t{0}});
      const ir::Value wrong =
          builder_.load(judging_.slot, offsetof(tl_slot, resolved), Width::k4, "resolved");
      builder_.branch_if(kNotEqual, Width::k4, wrong, 0, failed);
    }
    from = sum;
  }
  builder_.add(ir::SetContext{assignment.to, width_of(assignment.to_size), from});
  builder_.place(failed);
}

// When all else is done: what the record shows is what was there.
void Actions::set_place(size_t section, const CheckedAction& action) {
  const Label kept = builder_.label("kept");
  builder_.branch_if(kEqual, Width::k4, mode(section), TL_MONITOR, kept);
  const ir::Value at = builder_.copy(judging_.values.plain(*action.place));
  const int64_t further = action.place->steps.back().offset;
  if (further != 0) builder_.add(ir::Binary{ir::BinaryOp::kAdd, at, further});
  builder_.call(Callee::tl_user_write, {at, int64_t{action.value}, int64_t{action.place->size}});
  builder_.place(kept);
}

void Actions::close() {
  if (overrides_) builder_.place(decided_);
  builder_.line({});
  if (by_registers()) assign_registers();
  if (renewals_) renewals_->write();
  builder_.call(Callee::tl_slot_put, {judging_.slot});
}

void Actions::decide(ir::Value error) {
  const Label kept = builder_.label("kept");
  builder_.branch_if(kNotEqual, Width::k8, by_return() ? has_verdict_ : verdict_, 0, kept);
  builder_.add(ir::Copy{verdict_, error});
  if (by_return()) builder_.add(ir::Constant{has_verdict_, 1});
  builder_.place(kept);
}

void Actions::end() {
  if (!overrides_ || by_registers()) return builder_.finish_block();
  if (!by_return()) return builder_.finish_block(verdict_);
  const Label end = builder_.label("end");
  builder_.branch_if(kEqual, Width::k8, has_verdict_, 0, end);
  builder_.call(Callee::bpf_override_return, {verdict_});
  builder_.place(end);
  builder_.finish_block();
}

void track_socket(const Judging& judging, size_t section, uint32_t arg, bool tracks) {
  judging.builder.call(tracks ? Callee::tl_sock_track : Callee::tl_sock_untrack,
                       {judging.slot, judging.values.held(judging.hook(section).args[arg]).at(),
                        tracking_key(judging.policy(section))});
}

}  // namespace tripline
