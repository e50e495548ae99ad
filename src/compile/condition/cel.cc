// SPDX-License-Identifier: Apache-2.0
#include "compile/condition/cel.h"

#include <cassert>
#include <map>
#include <optional>

#include "compile/condition/integers.h"

namespace tripline {
namespace {

using ir::BinaryOp;
using ir::Value;
using ir::Width;
using Kind = CelNode::Kind;
using Type = CelNode::Type;

IntegerShape shape_of(Type type) {
  switch (type) {
    case Type::kInt32:
      return {32, true};
    case Type::kUint32:
      return {32, false};
    case Type::kInt:
      return {64, true};
    case Type::kUint:
    case Type::kBool:
      return {64, false};
  }
  return {};
}

std::optional<ir::Compare> comparison(Kind kind) {
  switch (kind) {
    case Kind::kEqual:
      return ir::Compare::kEqual;
    case Kind::kNotEqual:
      return ir::Compare::kNotEqual;
    case Kind::kLess:
      return ir::Compare::kLess;
    case Kind::kLessEqual:
      return ir::Compare::kLessEqual;
    case Kind::kGreater:
      return ir::Compare::kGreater;
    case Kind::kGreaterEqual:
      return ir::Compare::kGreaterEqual;
    default:
      return std::nullopt;
  }
}

BinaryOp operation(Kind kind) {
  switch (kind) {
    case Kind::kAdd:
      return BinaryOp::kAdd;
    case Kind::kSubtract:
      return BinaryOp::kSub;
    case Kind::kBitAnd:
      return BinaryOp::kAnd;
    case Kind::kBitOr:
      return BinaryOp::kOr;
    case Kind::kBitXor:
    case Kind::kBitNot:
      return BinaryOp::kXor;
    default:
      assert(false && "is not arithmetic");
      return BinaryOp::kAdd;
  }
}

class CelWriter {
 public:
  CelWriter(Builder& builder, std::map<uint32_t, Value> arguments)
      : builder_(builder), arguments_(std::move(arguments)) {}

  // A bool, as where to go.
  void decide(const CelNode& node, Label yes, Label no) {
    switch (node.kind) {
      case Kind::kNumber:
        builder_.jump(node.number != 0 ? yes : no);
        return;
      case Kind::kNot:
        decide(node.operands[0], no, yes);
        return;
      case Kind::kAnd:
      case Kind::kOr: {
        const Label next = builder_.label("then");
        if (node.kind == Kind::kAnd) {
          decide(node.operands[0], next, no);
        } else {
          decide(node.operands[0], yes, next);
        }
        builder_.place(next);
        decide(node.operands[1], yes, no);
        return;
      }
      default:
        compare(node, yes, no);
    }
  }

 private:
  void compare(const CelNode& node, Label yes, Label no) {
    const Value left = value(node.operands[0]);
    const Value right = value(node.operands[1]);
    const bool ordered = node.kind != Kind::kEqual && node.kind != Kind::kNotEqual;
    if (ordered && shape_of(node.operands[0].type).is_signed) {
      builder_.add(ir::Binary{BinaryOp::kXor, left, INT64_MIN});
      builder_.add(ir::Binary{BinaryOp::kXor, right, INT64_MIN});
    }
    builder_.branch(*comparison(node.kind), Width::k8, left, right, yes, no);
  }

  // In a value of its own, extended.
  Value value(const CelNode& node) {
    if (node.type == Type::kBool) return truth(node);
    switch (node.kind) {
      case Kind::kArg:
        return extended(builder_, shape_of(node.type), arguments_.at(node.arg));
      case Kind::kNumber:
        return builder_.constant(node.number);
      case Kind::kCast:
        return extended(builder_, shape_of(node.type), value(node.operands[0]));
      default: {
        const Value out = value(node.operands[0]);
        const ir::Operand other =
            node.kind == Kind::kBitNot ? ir::Operand(int64_t{-1}) : ir::Operand(value(node.operands[1]));
        builder_.add(ir::Binary{operation(node.kind), out, other});
        return extended(builder_, shape_of(node.type), out);
      }
    }
  }

  // A bool that is compared with another one.
  Value truth(const CelNode& node) {
    const Value out = builder_.value();
    const Label yes = builder_.label("true");
    const Label no = builder_.label("false");
    const Label on = builder_.label("known");
    decide(node, yes, no);
    builder_.place(yes);
    builder_.add(ir::Constant{out, 1});
    builder_.jump(on);
    builder_.place(no);
    builder_.add(ir::Constant{out, 0});
    builder_.place(on);
    return out;
  }

  Builder& builder_;
  std::map<uint32_t, Value> arguments_;
};

}  // namespace

void for_each_argument(const CelNode& expression, const std::function<void(uint32_t arg)>& visit) {
  if (expression.kind == Kind::kArg) visit(expression.arg);
  for (const CelNode& operand : expression.operands) for_each_argument(operand, visit);
}

void test_cel(Builder& builder, const CelNode& expression, const std::function<Value(uint32_t arg)>& argument,
              Label no) {
  // All of them first: one that cannot be read decides, also where it would not be looked at.
  std::map<uint32_t, Value> arguments;
  for_each_argument(expression, [&](uint32_t arg) {
    if (!arguments.contains(arg)) arguments.emplace(arg, argument(arg));
  });
  const Label yes = builder.label("holds");
  CelWriter(builder, std::move(arguments)).decide(expression, yes, no);
  builder.place(yes);
}

}  // namespace tripline
