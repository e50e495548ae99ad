// SPDX-License-Identifier: Apache-2.0
// Blocks are visited in order; since every edge goes forward, what holds at the start of a block is known when it is
// reached: the intersection over the edges that lead there. Blocks that no edge leads to are only read for their form.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "ir/flow.h"
#include "ir/program.h"

namespace tripline::ir {
namespace {

constexpr uint32_t kMaxParameter = 5;     // the parameters that a kprobe finds in registers
constexpr uint32_t kMaxTyped = 12;        // parameters of a typed program, and the value returned behind them
constexpr uint32_t kMaxValues = 1 << 20;  // bounds the work of passes, far above what any policy set needs
constexpr int32_t kMaxOffset = 1 << 20;   // bytes; more than any struct or scratch slot has

// What must hold of one instruction by itself; empty when it does.
struct OpRule {
  const Program& program;
  const ValueSet& scratch;

  std::string operator()(const Constant&) const { return {}; }
  std::string operator()(const Copy&) const { return {}; }
  std::string operator()(const Argument& op) const {
    if (program.entry == Entry::kRecord) return "a tracepoint has fields, no arguments";
    const uint32_t most = program.entry == Entry::kTyped ? kMaxTyped : kMaxParameter;
    return op.parameter > most ? "there is no such argument" : "";
  }
  std::string operator()(const Context& op) const {
    if (program.entry == Entry::kTyped) return "only plain contexts are read by offset";
    return op.offset % static_cast<uint32_t>(op.width) != 0 || op.offset > kMaxOffset
               ? "there is no such place in the context"
               : "";
  }
  std::string operator()(const SetContext& op) const {
    if (program.entry != Entry::kPtRegs) return "only registers can be set";
    return op.offset % static_cast<uint32_t>(op.width) != 0 || op.offset > kMaxOffset
               ? "there is no such place in the context"
               : "";
  }
  std::string operator()(const Load& op) const {
    if (program.entry != Entry::kTyped && !scratch.has(op.base))
      return "only typed programs load kernel memory";
    return place(op.offset);
  }
  std::string operator()(const Store& op) const {
    if (!scratch.has(op.base)) return "only scratch memory can be stored to";
    return place(op.offset);
  }
  std::string operator()(const Control& op) const {
    return op.offset % 4 != 0 || op.offset > kMaxOffset ? "there is no such place in the control block" : "";
  }
  std::string operator()(const Binary& op) const {
    const int64_t* number = std::get_if<int64_t>(&op.operand);
    if (op.op == BinaryOp::kByteSwap)
      return number == nullptr || *number != 64 ? "swaps 64 bits, nothing else" : "";
    return shifts(op.op) && number != nullptr && (*number < 0 || *number > 63) ? "shifts too far" : "";
  }
  std::string operator()(const Call& op) const {
    const CalleeInfo& callee = callee_info(op.callee);
    if (op.arguments.size() != callee.parameters) {
      return "takes " + std::to_string(callee.parameters) + " arguments";
    }
    return op.dst && !callee.has_result ? "has no result" : "";
  }

  static std::string place(int32_t offset) {
    return offset < -kMaxOffset || offset > kMaxOffset ? "the offset is too large" : "";
  }
};

// What is known at one place of a program, on every path that leads there.
struct State {
  ValueSet defined;  // has some content
  ValueSet scratch;  // is an address of scratch memory
};

// Does the instruction give an address of scratch memory?
struct GivesScratch {
  const ValueSet& scratch;
  bool operator()(const Constant&) const { return false; }
  bool operator()(const Copy& op) const { return scratch.has(op.from); }
  bool operator()(const Argument&) const { return false; }
  bool operator()(const Context&) const { return false; }
  bool operator()(const SetContext&) const { return false; }
  bool operator()(const Load&) const { return false; }
  bool operator()(const Store&) const { return false; }
  bool operator()(const Control&) const { return false; }
  bool operator()(const Binary& op) const {
    const Value* operand = std::get_if<Value>(&op.operand);
    return (op.op == BinaryOp::kAdd || op.op == BinaryOp::kSub) &&
           (scratch.has(op.dst) || (operand != nullptr && scratch.has(*operand)));
  }
  bool operator()(const Call& op) const {
    return op.callee == Callee::tl_slot_get || op.callee == Callee::tl_fact_slot ||
           op.callee == Callee::tl_fact_entry || op.callee == Callee::tl_scope_words;
  }
};

class Verifier {
 public:
  explicit Verifier(const Program& program) : program_(program), entry_(program.blocks.size()) {}

  std::string run() {
    if (program_.blocks.empty()) return "there is no block";
    if (program_.values > kMaxValues) return "there are too many values";
    for (uint32_t i = 0; i < program_.blocks.size(); ++i) {
      if (std::string broken = shape(i); !broken.empty()) return broken;
    }
    entry_[0] = State{ValueSet(program_.values), ValueSet(program_.values)};
    for (uint32_t i = 0; i < program_.blocks.size(); ++i) {
      if (std::string broken = flow(i); !broken.empty()) return broken;
    }
    return {};
  }

 private:
  std::string at(const Block& block, const std::string& text) const {
    return "block " + block.name + ": " + text;
  }

  std::string at(const Block& block, const Instruction& instruction, const std::string& text) const {
    return at(block, print(instruction) + ": " + text);
  }

  // Names, edges, lines and ids: what the other rules build on.
  std::string shape(uint32_t index) {
    const Block& block = program_.blocks[index];
    if (!is_block_name(block.name)) return "block " + std::to_string(index) + " has a bad name";
    if (!names_.insert(block.name).second) return at(block, "the name is used twice");
    for (const Instruction& instruction : block.body) {
      std::vector<Value> values = used(instruction.op);
      if (const std::optional<Value> dst = assigned(instruction.op)) values.push_back(*dst);
      if (!known(values)) return at(block, instruction, "there is no such value");
      if (!known(instruction.line)) return at(block, instruction, "there is no such document");
    }
    if (!known(used(block.end))) return at(block, "the end uses a value that does not exist");
    if (!known(block.end_line)) return at(block, "the end is of a document that does not exist");
    for (const uint32_t to : targets(block.end)) {
      if (to >= program_.blocks.size()) return at(block, "an edge leads to no block");
      if (to <= index) return at(block, "an edge leads back to " + program_.blocks[to].name);
    }
    const Branch* branch = std::get_if<Branch>(&block.end);
    if (branch != nullptr && branch->width != Width::k4 && branch->width != Width::k8) {
      return at(block, "comparisons are of 4 or 8 bytes");
    }
    return {};
  }

  [[nodiscard]] bool known(const std::vector<Value>& values) const {
    return std::ranges::all_of(values, [&](Value value) { return value.id < program_.values; });
  }

  [[nodiscard]] bool known(Line line) const {
    return line == Line{} || line.document < program_.documents.size();
  }

  // Each instruction by itself, and that what it uses is defined; passes on what is known at the end.
  std::string flow(uint32_t index) {
    const Block& block = program_.blocks[index];
    std::optional<State> state = std::exchange(entry_[index], std::nullopt);
    if (!state) return {};
    for (const Instruction& instruction : block.body) {
      std::string broken = undefined(used(instruction.op), state->defined);
      if (broken.empty()) broken = std::visit(OpRule{program_, state->scratch}, instruction.op);
      if (!broken.empty()) return at(block, instruction, broken);
      const std::optional<Value> dst = assigned(instruction.op);
      if (!dst) continue;
      state->defined.add(*dst);
      if (std::visit(GivesScratch{state->scratch}, instruction.op)) {
        state->scratch.add(*dst);
      } else {
        state->scratch.remove(*dst);
      }
    }
    if (const std::string broken = undefined(used(block.end), state->defined); !broken.empty())
      return at(block, broken);
    for (const uint32_t to : targets(block.end)) join(entry_[to], *state);
    return {};
  }

  static std::string undefined(const std::vector<Value>& values, const ValueSet& defined) {
    for (const Value value : values) {
      if (!defined.has(value)) return "v" + std::to_string(value.id) + " is not assigned on every path";
    }
    return {};
  }

  static void join(std::optional<State>& into, const State& from) {
    if (into) {
      into->defined.keep_common(from.defined);
      into->scratch.keep_common(from.scratch);
    } else {
      into = from;
    }
  }

  const Program& program_;
  std::set<std::string_view> names_;
  std::vector<std::optional<State>> entry_;  // what is known when a block starts; absent: never reached
};

}  // namespace

std::string verify(const Program& program) { return Verifier(program).run(); }

}  // namespace tripline::ir
