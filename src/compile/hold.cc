// SPDX-License-Identifier: Apache-2.0
#include "compile/hold.h"

#include <algorithm>
#include <variant>
#include <vector>

namespace tripline {
namespace {

ir::Instruction call(ir::Callee callee) { return {ir::Call{{}, callee, {}}, {}}; }

bool ends(const ir::Block& block) { return std::holds_alternative<ir::Return>(block.end); }

bool judges(const ir::Block& block) {
  return std::ranges::any_of(block.body, [](const ir::Instruction& instruction) {
    const auto* call = std::get_if<ir::Call>(&instruction.op);
    return call != nullptr && call->callee == ir::Callee::tl_judge;
  });
}

}  // namespace

Hold hold_of(Attachment attachment, const Kernel& kernel) {
  return kernel.features.preempts ? attachment_info(attachment).hold : Hold::kNone;
}

void hold(ir::Program& program, Hold what) {
  using enum ir::Callee;
  if (what == Hold::kNone) return;
  for (ir::Block& block : program.blocks) {
    if (what == Hold::kJudge) {
      if (!judges(block)) continue;
      block.body.insert(block.body.begin(), call(bpf_preempt_disable));
      block.body.push_back(call(bpf_preempt_enable));
      continue;
    }
    if (!ends(block)) continue;
    // Whoever allows preemption gives way at once when his turn is over, which would be inside the program still. Not
    // with interrupts off: then it waits for the next occasion, which is when the kernel has left the program.
    for (const ir::Callee callee : {bpf_local_irq_save, bpf_preempt_enable, bpf_local_irq_restore})
      block.body.push_back(call(callee));
  }
  if (what == Hold::kJudge) return;
  std::vector<ir::Instruction>& first = program.blocks.front().body;
  first.insert(first.begin(), call(bpf_preempt_disable));
}

}  // namespace tripline
