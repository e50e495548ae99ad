// SPDX-License-Identifier: Apache-2.0
#include "ir/interpreter.h"

#include <optional>
#include <utility>

namespace tripline::ir {
namespace {

class Interpreter {
 public:
  Interpreter(const Program& program, World& world)
      : program_(program), world_(world), values_(program.values) {}

  Outcome run() {
    uint32_t at = 0;
    for (std::optional<uint32_t> next = 0; next; next = step(at)) {
      at = *next;
      for (const Instruction& instruction : program_.blocks[at].body) {
        std::visit(*this, instruction.op);
        if (!outcome_.broken.empty()) return outcome_;
      }
    }
    return outcome_;
  }

  void operator()(const Constant& op) { set(op.dst, static_cast<uint64_t>(op.number)); }
  void operator()(const Copy& op) { set(op.dst, get(op.from)); }
  void operator()(const Argument& op) { set(op.dst, world_.arguments.at(op.parameter)); }
  void operator()(const Context& op) { set(op.dst, world_.load(World::kContext + op.offset, op.width)); }
  void operator()(const Load& op) { set(op.dst, world_.load(get(op.base) + offset(op.offset), op.width)); }
  void operator()(const SetContext& op) { world_.store(World::kContext + op.offset, op.width, get(op.from)); }
  void operator()(const Store& op) { world_.store(get(op.base) + offset(op.offset), op.width, get(op.from)); }
  void operator()(const Control& op) {
    const auto found = world_.control.find(op.offset);
    set(op.dst, found == world_.control.end() ? 0 : found->second);
  }
  void operator()(const Binary& op) {
    const uint64_t a = get(op.dst);
    const uint64_t b = get(op.operand);
    switch (op.op) {
      case BinaryOp::kAdd:
        return set(op.dst, a + b);
      case BinaryOp::kSub:
        return set(op.dst, a - b);
      case BinaryOp::kAnd:
        return set(op.dst, a & b);
      case BinaryOp::kOr:
        return set(op.dst, a | b);
      case BinaryOp::kXor:
        return set(op.dst, a ^ b);
      case BinaryOp::kShiftLeft:
        return set(op.dst, a << (b % 64));
      case BinaryOp::kShiftRight:
        return set(op.dst, a >> (b % 64));
      case BinaryOp::kShiftRightSigned:
        return set(op.dst, static_cast<uint64_t>(static_cast<int64_t>(a) >> (b % 64)));
      case BinaryOp::kByteSwap:
        return set(op.dst, __builtin_bswap64(a));
    }
  }
  void operator()(const Call& op) {
    const CalleeInfo& callee = callee_info(op.callee);
    std::vector<uint64_t> arguments;
    std::string text = std::string(callee.name) + '(';
    for (const Operand& operand : op.arguments) {
      if (!arguments.empty()) text += ", ";
      arguments.push_back(get(operand));
      text += std::to_string(arguments.back());
    }
    if (!callee.pure) outcome_.trace.push_back(text + ')');
    const uint64_t result = world_.call ? world_.call(world_, op.callee, arguments) : 0;
    if (op.dst) set(*op.dst, result);
  }

  // Where a block's end goes; absent: the program returns.
  std::optional<uint32_t> operator()(const Branch& end) {
    uint64_t a = get(end.left);
    uint64_t b = get(end.right);
    if (end.width == Width::k4) {
      a = static_cast<uint32_t>(a);
      b = static_cast<uint32_t>(b);
    }
    return holds(end.compare, a, b) ? end.then : end.otherwise;
  }
  std::optional<uint32_t> operator()(const Jump& end) { return end.to; }
  std::optional<uint32_t> operator()(const Return& end) {
    outcome_.result = get(end.value);
    return std::nullopt;
  }

 private:
  std::optional<uint32_t> step(uint32_t at) { return std::visit(*this, program_.blocks[at].end); }

  static uint64_t offset(int32_t offset) { return static_cast<uint64_t>(static_cast<int64_t>(offset)); }

  static bool holds(Compare compare, uint64_t a, uint64_t b) {
    switch (compare) {
      case Compare::kEqual:
        return a == b;
      case Compare::kNotEqual:
        return a != b;
      case Compare::kLess:
        return a < b;
      case Compare::kLessEqual:
        return a <= b;
      case Compare::kGreater:
        return a > b;
      case Compare::kGreaterEqual:
        return a >= b;
      case Compare::kTestBits:
        return (a & b) != 0;
    }
    return false;
  }

  uint64_t get(Value value) {
    const std::optional<uint64_t>& content = values_.at(value.id);
    if (!content) outcome_.broken = "v" + std::to_string(value.id) + " is read before it is assigned";
    return content.value_or(0);
  }
  uint64_t get(const Operand& operand) {
    if (const Value* value = std::get_if<Value>(&operand)) return get(*value);
    return static_cast<uint64_t>(std::get<int64_t>(operand));
  }
  void set(Value value, uint64_t content) { values_.at(value.id) = content; }

  const Program& program_;
  World& world_;
  std::vector<std::optional<uint64_t>> values_;
  Outcome outcome_;
};

}  // namespace

uint64_t World::load(uint64_t address, Width width) const {
  uint64_t out = 0;
  for (uint64_t i = 0; i < static_cast<uint64_t>(width); ++i) {
    const auto found = memory.find(address + i);
    const uint8_t byte = found != memory.end() ? found->second : unset ? unset(address + i) : 0;
    out |= static_cast<uint64_t>(byte) << (8 * i);
  }
  return out;
}

void World::store(uint64_t address, Width width, uint64_t number) {
  for (uint64_t i = 0; i < static_cast<uint64_t>(width); ++i) {
    memory[address + i] = static_cast<uint8_t>(number >> (8 * i));
  }
}

Outcome interpret(const Program& program, World& world) { return Interpreter(program, world).run(); }

}  // namespace tripline::ir
