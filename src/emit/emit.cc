// SPDX-License-Identifier: Apache-2.0
// How it works: instructions are numbered in the order of the blocks, and a value lives from the first to the last of
// them that touches it. Linear scan gives registers to lives in the order of their beginnings: those that outlive a call
// get r6 to r9, the others r1 to r4 before those; when none is free, the life that ends last goes to the stack. Then each
// instruction becomes one or a few, in one pass. A forward jump is patched when its block is reached; one that would be
// too long by then goes on from an island, a jump that is put between two blocks on the way.
#include "emit/emit.h"

#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <optional>
#include <utility>

namespace tripline {
namespace {

using ir::Operand;
using ir::Value;

// r0 and r5 carry what has no register; the rest are given to values. r1-r4 do not outlive a call, r6-r9 do.
constexpr uint8_t kScratch = 0;
constexpr uint8_t kScratch2 = 5;
constexpr std::array<uint8_t, 4> kShortLived = {1, 2, 3, 4};
constexpr std::array<uint8_t, 4> kLongLived = {6, 7, 8, 9};
constexpr uint8_t kFrame = 10;
constexpr uint32_t kStackMax = 256;  // of 512; the library's frames need the rest
// A jump that has not arrived after so many instructions goes on from an island. A block may be as long as what is
// left of a jump's 16 bits.
constexpr uint32_t kReach = 28000;

// Offsets of the first six integer arguments in x86-64's struct pt_regs: di, si, dx, cx, r8, r9.
constexpr std::array<int16_t, 6> kPtRegsArguments = {112, 104, 96, 88, 72, 64};

// Where a value is.
struct Place {
  bool in_register = false;
  uint8_t reg = 0;
  int16_t stack = 0;  // offset from the frame pointer
};

struct Interval {
  uint32_t value = 0;
  uint32_t first = UINT32_MAX;
  uint32_t last = 0;
  bool crosses_call = false;
  [[nodiscard]] bool used() const { return first != UINT32_MAX; }
};

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};

// Calls `visit(value, is_definition)` for every value an instruction touches.
template <typename Visit>
void for_each_value(const ir::Op& op, Visit visit) {
  auto operand = [&](const Operand& o) {
    if (const Value* v = std::get_if<Value>(&o)) visit(*v, false);
  };
  std::visit(Overloaded{
                 [&](const ir::Constant& i) { visit(i.dst, true); },
                 [&](const ir::Copy& i) {
                   visit(i.from, false);
                   visit(i.dst, true);
                 },
                 [&](const ir::Argument& i) { visit(i.dst, true); },
                 [&](const ir::Context& i) { visit(i.dst, true); },
                 [&](const ir::SetContext& i) { operand(i.from); },
                 [&](const ir::Load& i) {
                   visit(i.base, false);
                   visit(i.dst, true);
                 },
                 [&](const ir::Store& i) {
                   visit(i.base, false);
                   operand(i.from);
                 },
                 [&](const ir::Control& i) { visit(i.dst, true); },
                 [&](const ir::Binary& i) {
                   operand(i.operand);
                   visit(i.dst, false);
                   visit(i.dst, true);
                 },
                 [&](const ir::Call& i) {
                   for (const Operand& o : i.arguments) operand(o);
                   if (i.dst) visit(*i.dst, true);
                 },
             },
             op);
}

// The context pointer is a value like any other, numbered after the program's own.
struct Lives {
  std::vector<Interval> intervals;
  std::vector<uint32_t> calls;  // positions
};

Lives find_lives(const ir::Program& program) {
  Lives lives;
  lives.intervals.resize(program.values + 1);
  for (uint32_t v = 0; v <= program.values; ++v) lives.intervals[v].value = v;
  uint32_t position = 1;  // 0 is the entry, where the context pointer is defined
  auto touch = [&](Value v) {
    Interval& interval = lives.intervals[v.id];
    interval.first = std::min(interval.first, position);
    interval.last = std::max(interval.last, position);
  };
  for (const ir::Block& block : program.blocks) {
    for (const ir::Instruction& instruction : block.body) {
      for_each_value(instruction.op, [&](Value v, bool) { touch(v); });
      if (std::holds_alternative<ir::Argument>(instruction.op) ||
          std::holds_alternative<ir::Context>(instruction.op) ||
          std::holds_alternative<ir::SetContext>(instruction.op)) {
        touch(Value{program.values});
      }
      if (const auto* call = std::get_if<ir::Call>(&instruction.op)) {
        if (ir::callee_info(call->callee).context) touch(Value{program.values});
        lives.calls.push_back(position);
      }
      ++position;
    }
    if (const auto* branch = std::get_if<ir::Branch>(&block.end)) {
      touch(branch->left);
      if (const Value* v = std::get_if<Value>(&branch->right)) touch(*v);
    } else if (const auto* end = std::get_if<ir::Return>(&block.end)) {
      if (const Value* v = std::get_if<Value>(&end->value)) touch(*v);
    }
    ++position;
  }
  if (lives.intervals[program.values].used()) lives.intervals[program.values].first = 0;
  for (Interval& interval : lives.intervals) {
    if (!interval.used()) continue;
    const auto call = std::upper_bound(lives.calls.begin(), lives.calls.end(), interval.first);
    interval.crosses_call = call != lives.calls.end() && *call < interval.last;
  }
  return lives;
}

// Linear scan (Poletto and Sarkar 1999), with two classes of registers.
Result<std::vector<Place>> allocate(const Lives& lives, uint32_t& stack) {
  std::vector<const Interval*> order;
  for (const Interval& interval : lives.intervals) {
    if (interval.used()) order.push_back(&interval);
  }
  std::ranges::sort(order, {}, [](const Interval* i) { return std::pair(i->first, i->value); });
  std::vector<Place> places(lives.intervals.size());
  std::array<const Interval*, 10> holder{};
  stack = 0;
  for (const Interval* interval : order) {
    for (const Interval*& held : holder) {
      // A value that is last read by the instruction that defines this one gives its register away.
      if (held != nullptr && held->last <= interval->first) held = nullptr;
    }
    auto take = [&](const std::array<uint8_t, 4>& registers) -> bool {
      for (uint8_t reg : registers) {
        if (holder[reg] != nullptr) continue;
        holder[reg] = interval;
        places[interval->value] = {true, reg, 0};
        return true;
      }
      return false;
    };
    if (!interval->crosses_call && take(kShortLived)) continue;
    if (take(kLongLived)) continue;
    // Give the stack to whichever long-lived value is needed last.
    const Interval* victim = interval;
    for (uint8_t reg : kLongLived) {
      if (holder[reg]->last > victim->last) victim = holder[reg];
    }
    stack += 8;
    if (stack > kStackMax)
      return fail("emit program", "", 0, "more values are live at once than registers and stack can hold");
    const Place spilled{false, 0, static_cast<int16_t>(-static_cast<int32_t>(stack))};
    if (victim != interval) {
      const uint8_t reg = places[victim->value].reg;
      places[interval->value] = {true, reg, 0};
      holder[reg] = interval;
    }
    places[victim->value] = spilled;
  }
  return places;
}

uint8_t compare_code(ir::Compare compare) {
  switch (compare) {
    case ir::Compare::kEqual:
      return BPF_JEQ;
    case ir::Compare::kNotEqual:
      return BPF_JNE;
    case ir::Compare::kLess:
      return BPF_JLT;
    case ir::Compare::kLessEqual:
      return BPF_JLE;
    case ir::Compare::kGreater:
      return BPF_JGT;
    case ir::Compare::kGreaterEqual:
      return BPF_JGE;
    case ir::Compare::kTestBits:
      return BPF_JSET;
  }
  return BPF_JEQ;
}

std::optional<ir::Compare> inverse(ir::Compare compare) {
  switch (compare) {
    case ir::Compare::kEqual:
      return ir::Compare::kNotEqual;
    case ir::Compare::kNotEqual:
      return ir::Compare::kEqual;
    case ir::Compare::kLess:
      return ir::Compare::kGreaterEqual;
    case ir::Compare::kLessEqual:
      return ir::Compare::kGreater;
    case ir::Compare::kGreater:
      return ir::Compare::kLessEqual;
    case ir::Compare::kGreaterEqual:
      return ir::Compare::kLess;
    case ir::Compare::kTestBits:
      return std::nullopt;
  }
  return std::nullopt;
}

uint8_t binary_code(ir::BinaryOp op) {
  switch (op) {
    case ir::BinaryOp::kAdd:
      return BPF_ADD;
    case ir::BinaryOp::kSub:
      return BPF_SUB;
    case ir::BinaryOp::kAnd:
      return BPF_AND;
    case ir::BinaryOp::kOr:
      return BPF_OR;
    case ir::BinaryOp::kXor:
      return BPF_XOR;
    case ir::BinaryOp::kShiftLeft:
      return BPF_LSH;
    case ir::BinaryOp::kShiftRight:
      return BPF_RSH;
    case ir::BinaryOp::kShiftRightSigned:
      return BPF_ARSH;
    case ir::BinaryOp::kByteSwap:
      return BPF_END;
  }
  return BPF_ADD;
}

uint8_t size_code(ir::Width width) {
  switch (width) {
    case ir::Width::k1:
      return BPF_B;
    case ir::Width::k2:
      return BPF_H;
    case ir::Width::k4:
      return BPF_W;
    case ir::Width::k8:
      return BPF_DW;
  }
  return BPF_DW;
}

bool fits_imm(int64_t number) { return number >= INT32_MIN && number <= INT32_MAX; }

// Does it get the address of the place on the stack where the state of interrupts is kept?
bool takes_flags(ir::Callee callee) {
  return callee == ir::Callee::bpf_local_irq_save || callee == ir::Callee::bpf_local_irq_restore;
}

// The kernel helper behind a callee; 0 for a function of the library or of the kernel.
int32_t helper_id(ir::Callee callee) {
  if (callee == ir::Callee::bpf_send_signal) return BPF_FUNC_send_signal;
  if (callee == ir::Callee::bpf_get_current_pid_tgid) return BPF_FUNC_get_current_pid_tgid;
  if (callee == ir::Callee::bpf_get_current_task) return BPF_FUNC_get_current_task;
  if (callee == ir::Callee::bpf_override_return) return BPF_FUNC_override_return;
  if (callee == ir::Callee::bpf_get_attach_cookie) return BPF_FUNC_get_attach_cookie;
  if (callee == ir::Callee::bpf_get_current_cgroup_id) return BPF_FUNC_get_current_cgroup_id;
  if (callee == ir::Callee::bpf_get_current_task_btf) return BPF_FUNC_get_current_task_btf;
  return 0;
}

bool calls_with_flags(const ir::Program& program) {
  return std::ranges::any_of(program.blocks, [](const ir::Block& block) {
    return std::ranges::any_of(block.body, [](const ir::Instruction& instruction) {
      const auto* call = std::get_if<ir::Call>(&instruction.op);
      return call != nullptr && takes_flags(call->callee);
    });
  });
}

class Emitter {
 public:
  Emitter(const ir::Program& program, std::vector<Place> places, Code& code)
      : program_(program), places_(std::move(places)), code_(code) {}

  Result<void> run() {
    const Place& context = places_[program_.values];
    if (context.in_register && context.reg != 1) move(context.reg, 1);
    if (!context.in_register && context.stack != 0) store_stack(context.stack, 1);
    for (uint32_t b = 0; b < program_.blocks.size(); ++b) {
      const ir::Block& block = program_.blocks[b];
      if (auto done = islands(); !done) return done;
      code_.blocks.push_back(here());
      if (const auto jumps = waiting_.extract(b); !jumps.empty()) {
        if (auto done = arrive(jumps.mapped()); !done) return done;
      }
      control_in_scratch_ = false;
      for (const ir::Instruction& instruction : block.body) {
        line_ = instruction.line;
        std::visit([this](const auto& op) { emit(op); }, instruction.op);
      }
      line_ = block.end_line;
      end(block.end, b);
    }
    return {};
  }

 private:
  [[nodiscard]] uint32_t here() const { return static_cast<uint32_t>(code_.instructions.size()); }

  void put(uint8_t code, uint8_t dst, uint8_t src, int16_t offset, int32_t imm) {
    code_.instructions.push_back({code, static_cast<uint8_t>(dst | (src << 4)), offset, imm});
    code_.lines.push_back(line_);
    if (dst == kScratch && BPF_CLASS(code) != BPF_STX && BPF_CLASS(code) != BPF_ST)
      control_in_scratch_ = false;
  }
  void move(uint8_t dst, uint8_t src) {
    if (dst != src) put(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
  }
  void load_stack(uint8_t dst, int16_t stack) { put(BPF_LDX | BPF_MEM | BPF_DW, dst, kFrame, stack, 0); }
  void store_stack(int16_t stack, uint8_t src) { put(BPF_STX | BPF_MEM | BPF_DW, kFrame, src, stack, 0); }
  void load_number(uint8_t dst, int64_t number) {
    if (fits_imm(number)) {
      put(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, static_cast<int32_t>(number));
      return;
    }
    put(BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, static_cast<int32_t>(number));
    put(0, 0, 0, 0, static_cast<int32_t>(number >> 32));
  }

  // The register a value can be read from; `spare` is filled when it is on the stack.
  uint8_t read(Value value, uint8_t spare) {
    const Place& place = places_[value.id];
    if (place.in_register) return place.reg;
    load_stack(spare, place.stack);
    return spare;
  }
  // The register to compute a value in; `written` stores it when it lives on the stack.
  [[nodiscard]] uint8_t target(Value value) const {
    const Place& place = places_[value.id];
    return place.in_register ? place.reg : kScratch;
  }
  void written(Value value) {
    const Place& place = places_[value.id];
    if (!place.in_register && place.stack != 0) store_stack(place.stack, kScratch);
  }

  void emit(const ir::Constant& i) {
    load_number(target(i.dst), i.number);
    written(i.dst);
  }
  void emit(const ir::Copy& i) {
    move(target(i.dst), read(i.from, target(i.dst)));
    written(i.dst);
  }
  void emit(const ir::Argument& i) {
    const uint8_t context = read(Value{program_.values}, kScratch);
    const int16_t offset = program_.entry == ir::Entry::kTyped ? static_cast<int16_t>(8 * i.parameter)
                                                               : kPtRegsArguments[i.parameter];
    put(BPF_LDX | BPF_MEM | BPF_DW, target(i.dst), context, offset, 0);
    written(i.dst);
  }
  void emit(const ir::Context& i) {
    const uint8_t context = read(Value{program_.values}, kScratch);
    put(BPF_LDX | BPF_MEM | size_code(i.width), target(i.dst), context, static_cast<int16_t>(i.offset), 0);
    written(i.dst);
  }
  void emit(const ir::SetContext& i) {
    const uint8_t context = read(Value{program_.values}, kScratch2);
    put(BPF_STX | BPF_MEM | size_code(i.width), context, operand(i.from, kScratch),
        static_cast<int16_t>(i.offset), 0);
  }
  void emit(const ir::Load& i) {
    put(BPF_LDX | BPF_MEM | size_code(i.width), target(i.dst), read(i.base, kScratch),
        static_cast<int16_t>(i.offset), 0);
    written(i.dst);
  }
  void emit(const ir::Store& i) {
    const uint8_t base = read(i.base, kScratch2);
    const auto offset = static_cast<int16_t>(i.offset);
    if (const auto* number = std::get_if<int64_t>(&i.from); number != nullptr && fits_imm(*number)) {
      put(BPF_ST | BPF_MEM | size_code(i.width), base, 0, offset, static_cast<int32_t>(*number));
      return;
    }
    put(BPF_STX | BPF_MEM | size_code(i.width), base, operand(i.from, kScratch), offset, 0);
  }
  void emit(const ir::Control& i) {
    // Two words of the control block are often read one after the other: its address is kept.
    if (!control_in_scratch_) {
      code_.relocations.push_back({here(), "tl_control", false});
      put(BPF_LD | BPF_IMM | BPF_DW, kScratch, 0, 0, 0);
      put(0, 0, 0, 0, 0);
    }
    const uint8_t dst = target(i.dst);
    const bool far = i.offset > INT16_MAX;  // a load reaches no further
    if (far) put(BPF_ALU64 | BPF_ADD | BPF_K, kScratch, 0, 0, static_cast<int32_t>(i.offset));
    put(BPF_LDX | BPF_MEM | BPF_W, dst, kScratch, far ? int16_t{0} : static_cast<int16_t>(i.offset), 0);
    control_in_scratch_ = !far && dst != kScratch;
    written(i.dst);
  }
  void emit(const ir::Binary& i) {
    const uint8_t reg = read(i.dst, kScratch);
    if (i.op == ir::BinaryOp::kByteSwap) {
      put(BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, 64);
      written(i.dst);
      return;
    }
    const uint8_t code = BPF_ALU64 | binary_code(i.op);
    if (const auto* number = std::get_if<int64_t>(&i.operand); number != nullptr && fits_imm(*number)) {
      put(code | BPF_K, reg, 0, 0, static_cast<int32_t>(*number));
    } else {
      put(code | BPF_X, reg, operand(i.operand, kScratch2), 0, 0);
    }
    written(i.dst);
  }
  void emit(const ir::Call& i) {
    std::vector<Operand> operands = i.arguments;
    if (ir::callee_info(i.callee).context) operands.insert(operands.begin(), Value{program_.values});
    arguments(operands);
    if (const int32_t helper = helper_id(i.callee); helper != 0) {
      put(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
    } else if (ir::callee_info(i.callee).kind == ir::CalleeKind::kKernelFunction) {
      if (takes_flags(i.callee)) {
        put(BPF_ALU64 | BPF_MOV | BPF_X, 1, kFrame, 0, 0);
        put(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, -static_cast<int32_t>(code_.stack) - 8);
      }
      code_.kernel_calls.push_back({here(), std::string(ir::callee_info(i.callee).name)});
      put(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 0);
    } else {
      code_.relocations.push_back({here(), std::string(ir::callee_info(i.callee).name), true});
      put(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, -1);
    }
    control_in_scratch_ = false;
    if (i.dst) {
      const Place& place = places_[i.dst->id];
      if (place.in_register) move(place.reg, kScratch);
      written(*i.dst);
    }
  }

  uint8_t operand(const Operand& operand, uint8_t spare) {
    if (const Value* value = std::get_if<Value>(&operand)) return read(*value, spare);
    load_number(spare, std::get<int64_t>(operand));
    return spare;
  }

  // Values to r1.. at once: a register is written when nobody needs what is in it; r0 breaks a cycle.
  void arguments(const std::vector<Operand>& operands) {
    std::map<uint8_t, uint8_t> moves;  // dst -> src
    for (size_t n = 0; n < operands.size(); ++n) {
      const Value* value = std::get_if<Value>(&operands[n]);
      if (value == nullptr || !places_[value->id].in_register) continue;
      moves[static_cast<uint8_t>(n + 1)] = places_[value->id].reg;
    }
    std::erase_if(moves, [](const auto& m) { return m.first == m.second; });
    // Registers that stay where they are must not be overwritten: a fixed point is its own source.
    while (!moves.empty()) {
      auto ready = std::ranges::find_if(moves, [&](const auto& m) {
        return std::ranges::none_of(moves, [&](const auto& other) { return other.second == m.first; });
      });
      if (ready != moves.end()) {
        move(ready->first, ready->second);
        moves.erase(ready);
        continue;
      }
      const uint8_t blocked = moves.begin()->first;
      move(kScratch, blocked);
      for (auto& [dst, src] : moves) {
        if (src == blocked) src = kScratch;
      }
    }
    for (size_t n = 0; n < operands.size(); ++n) {
      const auto reg = static_cast<uint8_t>(n + 1);
      if (const auto* number = std::get_if<int64_t>(&operands[n])) {
        load_number(reg, *number);
      } else if (const Value value = std::get<Value>(operands[n]); !places_[value.id].in_register) {
        load_stack(reg, places_[value.id].stack);
      }
    }
  }

  void end(const ir::End& end, uint32_t block) {
    std::visit(Overloaded{
                   [&](const ir::Branch& branch) { branch_to(branch, block); },
                   [&](const ir::Jump& jump) {
                     if (jump.to != block + 1) jump_to(BPF_JMP | BPF_JA, 0, 0, 0, jump.to);
                   },
                   [&](const ir::Return& done) {
                     if (const Value* value = std::get_if<Value>(&done.value)) {
                       move(kScratch, read(*value, kScratch));
                     } else {
                       load_number(kScratch, std::get<int64_t>(done.value));
                     }
                     put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
                   },
               },
               end);
  }

  void branch_to(const ir::Branch& branch, uint32_t block) {
    ir::Compare compare = branch.compare;
    uint32_t taken = branch.then;
    uint32_t other = branch.otherwise;
    if (const auto inverted = inverse(compare); taken == block + 1 && inverted) {
      compare = *inverted;
      std::swap(taken, other);
    }
    const bool narrow = branch.width != ir::Width::k8;
    const uint8_t code = (narrow ? BPF_JMP32 : BPF_JMP) | compare_code(compare);
    const uint8_t left = read(branch.left, kScratch);
    const auto* number = std::get_if<int64_t>(&branch.right);
    if (number != nullptr && (narrow || fits_imm(*number))) {
      jump_to(code | BPF_K, left, 0, static_cast<int32_t>(*number), taken);
    } else {
      jump_to(code | BPF_X, left, operand(branch.right, kScratch2), 0, taken);
    }
    if (other != block + 1) jump_to(BPF_JMP | BPF_JA, 0, 0, 0, other);
  }

  void jump_to(uint8_t code, uint8_t dst, uint8_t src, int32_t imm, uint32_t block) {
    if (waiting_.empty()) oldest_ = here();
    waiting_[block].push_back(here());
    put(code, dst, src, 0, imm);
  }

  // Makes jumps lead to what comes next.
  Result<void> arrive(const std::vector<uint32_t>& jumps) {
    for (const uint32_t at : jumps) {
      const uint32_t distance = here() - at - 1;
      if (distance > INT16_MAX) {
        return fail("emit program", program_.hook, 0,
                    "a jump of " + std::to_string(distance) + " instructions is longer than BPF allows");
      }
      code_.instructions[at].offset = static_cast<int16_t>(distance);
    }
    return {};
  }

  // Between two blocks: jumps that could not reach their targets any more lead here, to a jump that goes on. What
  // comes from the block before leaps over them.
  Result<void> islands() {
    if (waiting_.empty() || here() - oldest_ < kReach) return {};
    std::vector<uint32_t> far;
    oldest_ = here();
    for (const auto& [block, jumps] : waiting_) {
      if (here() - jumps.front() >= kReach / 2) {
        far.push_back(block);
      } else {
        oldest_ = std::min(oldest_, jumps.front());
      }
    }
    if (far.empty()) return {};
    line_ = {};
    put(BPF_JMP | BPF_JA, 0, 0, static_cast<int16_t>(far.size()), 0);
    for (const uint32_t block : far) {
      if (auto done = arrive(std::exchange(waiting_[block], {here()})); !done) return done;
      put(BPF_JMP | BPF_JA, 0, 0, 0, 0);
    }
    return {};
  }

  const ir::Program& program_;
  std::vector<Place> places_;
  Code& code_;
  ir::Line line_;
  bool control_in_scratch_ = false;
  std::map<uint32_t, std::vector<uint32_t>> waiting_;  // jumps by the block that they lead to
  uint32_t oldest_ = 0;                                // no jump that waits is before this
};

}  // namespace

Result<Code> emit(const ir::Program& program) {
  Code code;
  const Lives lives = find_lives(program);
  auto places = allocate(lives, code.stack);
  if (!places) return std::unexpected(places.error());
  if (auto done = Emitter(program, std::move(*places), code).run(); !done)
    return std::unexpected(done.error());
  if (calls_with_flags(program)) code.stack += 8;
  return code;
}

}  // namespace tripline
