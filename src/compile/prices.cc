// SPDX-License-Identifier: Apache-2.0
#include "compile/prices.h"

#include <algorithm>
#include <variant>
#include <vector>

namespace tripline {
namespace {

using ir::Callee;

constexpr uint32_t kLoad = 1;
constexpr uint32_t kProbedLoad =
    7;                         // the address is compared with the kernel's range first, and faults are caught
constexpr uint32_t kStep = 1;  // arithmetic, constants, copies, stores
constexpr uint32_t kBranch = 2;   // a comparison and a jump
constexpr uint32_t kEnd = 2;      // the result and the return
constexpr uint32_t kControl = 2;  // an address and a load
constexpr uint32_t kReads = 150;  // a library function that reads the kernel's memory by a helper or two

// Is something done that a call without any match does not come to?
bool is_of_a_match(Callee callee) {
  switch (callee) {
    case Callee::tl_judge:
    case Callee::tl_record_begin:
    case Callee::tl_count:
    case Callee::bpf_send_signal:
    case Callee::bpf_override_return:
      return true;
    default:
      return false;
  }
}

uint32_t price(Callee callee) {
  switch (callee) {
    case Callee::bpf_get_current_pid_tgid:
    case Callee::bpf_get_current_task:
    case Callee::bpf_get_current_task_btf:
      return 3;  // inlined
    case Callee::bpf_preempt_disable:
    case Callee::bpf_preempt_enable:
    case Callee::bpf_local_irq_save:
    case Callee::bpf_local_irq_restore:
      return 8;
    case Callee::tl_fact_entry:
      return 50;  // the process's id, an element of an array
    case Callee::tl_scope_words:
      return 27;  // elements of two arrays
    case Callee::bpf_get_current_cgroup_id:
      return 25;
    case Callee::tl_task_number:
      return 110;
    case Callee::tl_argument:
      return 15;  // inlined, in a function of its own
    case Callee::tl_slot_get:
      return 60;
    case Callee::tl_slot_put:
    case Callee::tl_entry_frame:
      return 10;
    case Callee::tl_entry_forget:
    case Callee::tl_text_head:
      return 130;  // a helper, and a few bytes
    case Callee::tl_present:
      return 90;
    case Callee::tl_file_value:
      return 310;  // two components with short names, no mount between
    case Callee::tl_place_value:
      return 700;  // likewise, by way of plain addresses
    default:
      return kReads;
  }
}

// Where a value comes from, as far as the price of a load through it goes.
enum class Origin : uint8_t { kOther, kArgument, kLoaded };

class Pricer {
 public:
  Pricer(const ir::Program& program, Attachment attachment)
      : program_(program),
        trusts_arguments_(attachment_info(attachment).trusts_arguments),
        typed_(program.entry == ir::Entry::kTyped),
        origins_(program.values, Origin::kOther) {}

  std::optional<CostRange> run() {
    // Control only goes forward: what a value is is known when it is used, and the ways from a block on are known when
    // the blocks behind it are.
    std::vector<std::optional<uint32_t>> bodies;
    for (const ir::Block& block : program_.blocks) bodies.push_back(body(block));
    std::vector<std::optional<CostRange>> ways(program_.blocks.size());
    for (size_t n = program_.blocks.size(); n-- > 0;) {
      if (!bodies[n] || program_.blocks[n].name == "out")
        continue;  // the judge's way out when it is not its turn
      ways[n] = end(program_.blocks[n].end, ways);
      if (!ways[n]) continue;
      ways[n]->least += *bodies[n];
      ways[n]->most += *bodies[n];
    }
    return ways.empty() ? std::nullopt : ways.front();
  }

 private:
  // Absent: the block is one of a match.
  std::optional<uint32_t> body(const ir::Block& block) {
    uint32_t sum = 0;
    for (const ir::Instruction& instruction : block.body) {
      const auto* call = std::get_if<ir::Call>(&instruction.op);
      if (call != nullptr && is_of_a_match(call->callee)) return std::nullopt;
      sum += std::visit([this](const auto& op) { return one(op); }, instruction.op);
    }
    return sum;
  }

  uint32_t one(const ir::Argument& op) {
    origins_[op.dst.id] = Origin::kArgument;
    return kLoad;
  }
  uint32_t one(const ir::Copy& op) {
    origins_[op.dst.id] = origins_[op.from.id];
    return kStep;
  }
  uint32_t one(const ir::Load& op) {
    const Origin base = origins_[op.base.id];
    const bool probed =
        typed_ && (base == Origin::kLoaded || (base == Origin::kArgument && !trusts_arguments_));
    origins_[op.dst.id] = base == Origin::kOther ? Origin::kOther : Origin::kLoaded;
    return probed ? kProbedLoad : kLoad;
  }
  uint32_t one(const ir::Call& op) {
    if (op.dst) {
      const bool task = op.callee == Callee::bpf_get_current_task_btf;
      origins_[op.dst->id] = task ? Origin::kLoaded : Origin::kOther;
    }
    return price(op.callee) + static_cast<uint32_t>(op.arguments.size());
  }
  static uint32_t one(const ir::Control& /*op*/) { return kControl; }
  static uint32_t one(const auto& /*op*/) { return kStep; }

  static std::optional<CostRange> end(const ir::End& end, const std::vector<std::optional<CostRange>>& ways) {
    if (const auto* jump = std::get_if<ir::Jump>(&end)) return ways[jump->to];
    const auto* branch = std::get_if<ir::Branch>(&end);
    if (branch == nullptr) return CostRange{kEnd, kEnd};
    const std::optional<CostRange>& a = ways[branch->then];
    const std::optional<CostRange>& b = ways[branch->otherwise];
    if (!a && !b) return std::nullopt;
    const CostRange either = !a   ? *b
                             : !b ? *a
                                  : CostRange{std::min(a->least, b->least), std::max(a->most, b->most)};
    return CostRange{either.least + kBranch, either.most + kBranch};
  }

  const ir::Program& program_;
  bool trusts_arguments_;
  bool typed_;
  std::vector<Origin> origins_;
};

}  // namespace

uint32_t branch_price() { return kBranch; }

uint32_t judge_price() {
  return price(Callee::tl_slot_get) + price(Callee::tl_file_value) + price(Callee::tl_slot_put);
}

std::optional<CostRange> cost_of_miss(const ir::Program& program, Attachment attachment) {
  return Pricer(program, attachment).run();
}

}  // namespace tripline
