// SPDX-License-Identifier: Apache-2.0
#include "compile/judge/gate.h"

#include <cstddef>
#include <cstdint>

#include "abi/maps.h"

namespace tripline {

using enum ir::Compare;
using ir::Callee;
using ir::Value;
using ir::Width;

// Live while born <= epoch <= died (D8). In the epoch in which one program dies and another is born on the same
// hook, the thread decides which of them judges (tl_take). At a return that is not asked: of two that are live, the
// first one finds the call's note, and the other none.
void test_live(Builder& builder, const HookPlan& plan, const Numbering& numbering, Label out, Label judged) {
  const Value epoch = builder.value();
  const Value died = builder.value();
  builder.add(ir::Control{epoch, offsetof(tl_control, epoch)});
  builder.add(ir::Control{died, static_cast<uint32_t>(offsetof(tl_control, died) + 4 * numbering.slot)});
  builder.branch_if(kLess, Width::k4, epoch, static_cast<int64_t>(numbering.born), out);
  builder.branch_if(kGreater, Width::k4, epoch, died, out);
  if (is_return(plan.attachment)) return;
  const bool old_first = old_runs_first(plan.attachment);
  const Label dying = builder.label("dying");
  const Label older = builder.label("older");
  const Label taking = builder.label("taking");
  const Label live = builder.label("live");
  builder.branch(kEqual, Width::k4, epoch, died, dying, older);
  const Value taken = builder.value();
  builder.place(dying);
  if (old_first) {
    builder.call(taken, Callee::tl_take, {epoch});
    builder.branch(kEqual, Width::k4, taken, 0, judged, live);
  } else {
    builder.call(taken, Callee::tl_taken, {epoch});
    builder.branch(kNotEqual, Width::k8, taken, 0, judged, live);
  }
  builder.place(older);
  builder.branch(kEqual, Width::k4, epoch, static_cast<int64_t>(numbering.born), taking, live);
  builder.place(taking);
  if (old_first) {
    builder.call(taken, Callee::tl_taken, {epoch});
    builder.branch_if(kEqual, Width::k8, taken, 0, judged);
  } else {
    builder.call(Callee::tl_take, {epoch});
  }
  builder.place(live);
}

Value take_slot(Builder& builder, Label out, Label none) {
  const Label held = builder.label("held");
  const Value slot = builder.value();
  builder.call(slot, Callee::tl_slot_get, {});
  builder.branch(kEqual, Width::k8, slot, 0, none, held);
  builder.place(out);
  builder.finish_block();
  builder.place(held);
  return slot;
}

}  // namespace tripline
