// SPDX-License-Identifier: Apache-2.0
#include "ir/flow.h"

#include <algorithm>

namespace tripline::ir {
namespace {

void add(std::vector<Value>& out, const Operand& operand) {
  if (const Value* value = std::get_if<Value>(&operand)) out.push_back(*value);
}

struct Assigned {
  std::optional<Value> operator()(const Constant& op) const { return op.dst; }
  std::optional<Value> operator()(const Copy& op) const { return op.dst; }
  std::optional<Value> operator()(const Argument& op) const { return op.dst; }
  std::optional<Value> operator()(const Context& op) const { return op.dst; }
  std::optional<Value> operator()(const SetContext&) const { return std::nullopt; }
  std::optional<Value> operator()(const Load& op) const { return op.dst; }
  std::optional<Value> operator()(const Store&) const { return std::nullopt; }
  std::optional<Value> operator()(const Control& op) const { return op.dst; }
  std::optional<Value> operator()(const Binary& op) const { return op.dst; }
  std::optional<Value> operator()(const Call& op) const { return op.dst; }
};

struct Used {
  std::vector<Value>& out;
  void operator()(const Constant&) const {}
  void operator()(const Copy& op) const { out.push_back(op.from); }
  void operator()(const Argument&) const {}
  void operator()(const Context&) const {}
  void operator()(const SetContext& op) const { add(out, op.from); }
  void operator()(const Load& op) const { out.push_back(op.base); }
  void operator()(const Store& op) const {
    out.push_back(op.base);
    add(out, op.from);
  }
  void operator()(const Control&) const {}
  void operator()(const Binary& op) const {
    out.push_back(op.dst);
    add(out, op.operand);
  }
  void operator()(const Call& op) const {
    for (const Operand& argument : op.arguments) add(out, argument);
  }
  void operator()(const Branch& end) const {
    out.push_back(end.left);
    add(out, end.right);
  }
  void operator()(const Jump&) const {}
  void operator()(const Return& end) const { add(out, end.value); }
};

struct Targets {
  std::vector<uint32_t> operator()(const Branch& end) const {
    if (end.then == end.otherwise) return {end.then};
    return {end.then, end.otherwise};
  }
  std::vector<uint32_t> operator()(const Jump& end) const { return {end.to}; }
  std::vector<uint32_t> operator()(const Return&) const { return {}; }
};

struct Pure {
  bool operator()(const Constant&) const { return true; }
  bool operator()(const Copy&) const { return true; }
  bool operator()(const Argument&) const { return true; }
  bool operator()(const Context&) const { return true; }
  bool operator()(const SetContext&) const { return false; }
  bool operator()(const Load&) const { return true; }
  bool operator()(const Store&) const { return false; }
  bool operator()(const Control&) const { return true; }
  bool operator()(const Binary&) const { return true; }
  bool operator()(const Call& op) const { return callee_info(op.callee).pure; }
};

// Can the instruction assign an address of scratch memory, given what is known of the values it reads?
struct GivesScratch {
  const std::vector<bool>& scratch;
  bool operator()(const Constant&) const { return false; }
  bool operator()(const Copy& op) const { return of(op.from); }
  bool operator()(const Argument&) const { return false; }
  bool operator()(const Context&) const { return false; }
  bool operator()(const SetContext&) const { return false; }
  bool operator()(const Load& op) const { return of(op.base); }
  bool operator()(const Store&) const { return false; }
  bool operator()(const Control&) const { return false; }
  bool operator()(const Binary& op) const {
    const Value* operand = std::get_if<Value>(&op.operand);
    return of(op.dst) || (operand != nullptr && of(*operand));
  }
  bool operator()(const Call& op) const { return op.callee != Callee::bpf_get_current_task_btf; }
  [[nodiscard]] bool of(Value value) const { return value.id >= scratch.size() || scratch[value.id]; }
};

}  // namespace

std::optional<Value> assigned(const Op& op) { return std::visit(Assigned{}, op); }

std::vector<Value> used(const Op& op) {
  std::vector<Value> out;
  std::visit(Used{out}, op);
  return out;
}

std::vector<Value> used(const End& end) {
  std::vector<Value> out;
  std::visit(Used{out}, end);
  return out;
}

std::vector<uint32_t> targets(const End& end) { return std::visit(Targets{}, end); }

bool pure(const Op& op) { return std::visit(Pure{}, op); }

std::vector<bool> scratch_values(const Program& program) {
  std::vector<bool> scratch(program.values);
  for (bool changed = true; changed;) {
    changed = false;
    for (const Block& block : program.blocks) {
      for (const Instruction& instruction : block.body) {
        const std::optional<Value> dst = assigned(instruction.op);
        if (!dst || dst->id >= scratch.size() || scratch[dst->id]) continue;
        if (!std::visit(GivesScratch{scratch}, instruction.op)) continue;
        scratch[dst->id] = true;
        changed = true;
      }
    }
  }
  return scratch;
}

bool is_block_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/';
  });
}

bool shifts(BinaryOp op) {
  return op == BinaryOp::kShiftLeft || op == BinaryOp::kShiftRight || op == BinaryOp::kShiftRightSigned;
}

}  // namespace tripline::ir
