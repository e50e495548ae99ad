// SPDX-License-Identifier: Apache-2.0
#include "compile/leftovers.h"

#include <cstddef>
#include <cstdint>
#include <map>

#include "abi/maps.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Value;
using ir::Width;

// Of each number that entries and returns share, a counter of the section's.
std::map<uint32_t, uint32_t> pairs_of(const HookPlan& plan, const Numbering& numbering) {
  std::map<uint32_t, uint32_t> out;
  if (!is_user(plan.attachment) || is_return(plan.attachment)) return out;
  uint32_t counter = numbering.first_counter;
  for (size_t n = 0; n < plan.sections.size(); ++n) {
    const CheckedHook& hook = plan.sections[n].section();
    if (waits_for_return(hook)) out.emplace(pair_of(plan, numbering, n), counter);
    counter += static_cast<uint32_t>(hook.selectors.size());
  }
  return out;
}

}  // namespace

void write_leftovers(Builder& builder, const HookPlan& plan, const Numbering& numbering) {
  const std::map<uint32_t, uint32_t> pairs = pairs_of(plan, numbering);
  if (pairs.empty()) return;
  const Label none = builder.label("none");
  const Value noted = builder.value();
  builder.add(ir::Control{noted, offsetof(tl_control, noted)});
  builder.branch_if(kEqual, Width::k4, noted, 0, none);
  const Value epoch = builder.value();
  builder.add(ir::Control{epoch, offsetof(tl_control, epoch)});
  builder.branch_if(kLessEqual, Width::k4, epoch, static_cast<int64_t>(numbering.born), none);
  const Value died = builder.value();
  builder.add(ir::Control{died, static_cast<uint32_t>(offsetof(tl_control, died) + 4 * numbering.slot)});
  builder.branch_if(kGreaterEqual, Width::k4, epoch, died, none);
  for (const auto& [pair, counter] : pairs)
    builder.call(ir::Callee::tl_entry_forget, {int64_t{pair}, int64_t{counter}});
  builder.place(none);
}

}  // namespace tripline
