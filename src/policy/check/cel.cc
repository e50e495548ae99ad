// SPDX-License-Identifier: Apache-2.0
// CelExpr: the part of the Common Expression Language that filters have, parsed and typed. Integers of 32 and 64 bits
// and booleans; no conversion happens by itself.
#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/check/check.h"
#include "policy/number.h"

namespace tripline::policy {
namespace {

using Kind = CelNode::Kind;
using Type = CelNode::Type;

constexpr int kDeepest = 64;  // parentheses and negations inside one another
// Numbers, names and what is in parentheses. Who walks an expression goes as deep as it has terms.
constexpr size_t kMostTerms = 1000;

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kBool:
      return "bool";
    case Type::kInt32:
      return "int32";
    case Type::kUint32:
      return "uint32";
    case Type::kInt:
      return "int";
    case Type::kUint:
      return "uint";
  }
  return "";
}

std::optional<Type> type_of(ArgType type) {
  switch (type) {
    case ArgType::kInt:
    case ArgType::kInt32:
      return Type::kInt32;
    case ArgType::kUint32:
      return Type::kUint32;
    case ArgType::kInt64:
      return Type::kInt;
    case ArgType::kUint64:
      return Type::kUint;
    default:
      return std::nullopt;
  }
}

// A recursive descent; the first mistake ends it and is kept.
class CelParser {
 public:
  CelParser(const SelectorOf& hook, std::string_view text) : hook_(hook), text_(text), rest_(text) {}

  std::optional<CelNode> run() {
    CelNode node = any_of();
    skip_blanks();
    if (!rest_.empty()) refuse("expected an operator or the end");
    if (node.type != Type::kBool)
      refuse("the expression is of type " + std::string(type_name(node.type)) + ", not bool");
    return wrong_.empty() ? std::optional(std::move(node)) : std::nullopt;
  }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  CelNode any_of() {
    CelNode left = all_of();
    while (take("||")) left = logic(Kind::kOr, std::move(left), all_of());
    return left;
  }
  CelNode all_of() {
    CelNode left = relation();
    while (take("&&")) left = logic(Kind::kAnd, std::move(left), relation());
    return left;
  }
  CelNode relation() {
    CelNode left = sum();
    while (const auto kind = take_relation()) left = compared(*kind, std::move(left), sum());
    return left;
  }
  CelNode sum() {
    CelNode left = unary();
    while (true) {
      if (take("+")) {
        left = arithmetic(Kind::kAdd, "+", std::move(left), unary());
      } else if (take("-")) {
        left = arithmetic(Kind::kSubtract, "-", std::move(left), unary());
      } else {
        return left;
      }
    }
  }
  CelNode unary() {
    skip_blanks();
    if (depth_ > kDeepest) return refuse("the expression is too deep");
    if (rest_.starts_with('!') && !rest_.starts_with("!=")) {
      rest_.remove_prefix(1);
      ++depth_;
      CelNode operand = unary();
      --depth_;
      if (operand.type != Type::kBool)
        return refuse("'!' takes a bool, not " + std::string(type_name(operand.type)));
      return {.kind = Kind::kNot, .type = Type::kBool, .operands = {std::move(operand)}};
    }
    return primary();
  }
  CelNode primary() {
    if (++terms_ > kMostTerms) {
      return refuse("the expression has more than " + std::to_string(kMostTerms) + " terms");
    }
    skip_blanks();
    if (take("(")) {
      ++depth_;
      CelNode inner = any_of();
      --depth_;
      if (!take(")")) return refuse("a parenthesis is not closed");
      return inner;
    }
    if (rest_.empty()) return refuse("the expression is incomplete");
    const char first = rest_.front();
    if (std::isdigit(static_cast<unsigned char>(first)) != 0 || first == '-') return literal();
    if (std::isalpha(static_cast<unsigned char>(first)) != 0 || first == '_') return named();
    return refuse("expected a number, a name or a parenthesis");
  }

  CelNode literal() {
    const size_t at = here();
    const size_t start = rest_.front() == '-' ? 1 : 0;
    const size_t end = std::min(rest_.find_first_not_of("0123456789abcdefABCDEFxX", start), rest_.size());
    std::string_view digits = rest_.substr(0, end);
    rest_.remove_prefix(end);
    const bool is_unsigned = !rest_.empty() && (rest_.front() == 'u' || rest_.front() == 'U');
    if (is_unsigned) rest_.remove_prefix(1);
    // A leading zero means nothing here.
    const bool hex = digits.find_first_of("xX") != std::string_view::npos;
    const size_t zeros = hex ? start : std::min(digits.find_first_not_of('0', start), digits.size() - 1);
    const std::string plain = std::string(digits.substr(0, start)) + std::string(digits.substr(zeros));
    const auto number = parse_integer(plain);
    if (!number) return refuse(quoted(std::string(digits)) + " is not a valid 64-bit number", at);
    if (is_unsigned) {
      const auto value = to_unsigned(*number, 64);
      if (!value) return refuse(quoted(std::string(digits)) + " does not fit in uint", at);
      return {.kind = Kind::kNumber, .type = Type::kUint, .number = static_cast<int64_t>(*value)};
    }
    const auto value = to_signed(*number, 64);
    if (!value) return refuse(quoted(std::string(digits)) + " does not fit in int", at);
    return {.kind = Kind::kNumber, .type = Type::kInt, .number = *value};
  }

  CelNode named() {
    const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    const auto end = std::ranges::find_if_not(rest_, is_part);
    const std::string name(rest_.begin(), end);
    const size_t at = here();
    rest_.remove_prefix(name.size());
    if (name == "true" || name == "false")
      return {.kind = Kind::kNumber, .type = Type::kBool, .number = name == "true"};
    if (take("(")) return call(name, at);
    return argument(name, at);
  }

  // `at` is where the name begins.
  CelNode argument(const std::string& name, size_t at) {
    const auto index = name.starts_with("arg") ? parse_integer(name.substr(3)) : parse_integer("-1");
    if (!name.starts_with("arg") || !index || index->negative)
      return refuse("unknown name " + quoted(name) + "; the elements of args are arg0, arg1 and so on", at);
    if (index->magnitude >= hook_.args.size()) {
      return refuse(
          quoted(name) + " is not in args, which has " + std::to_string(hook_.args.size()) + " elements", at);
    }
    const auto position = static_cast<uint32_t>(index->magnitude);
    const std::optional<Type> type = type_of(hook_.checked[position].type);
    if (!type || hook_.checked[position].return_copy) {
      return refuse(quoted(name) + " is of type " + std::string(word(hook_.checked[position].type)) +
                        ", which an expression cannot use",
                    at);
    }
    return {.kind = Kind::kArg, .type = *type, .arg = position};
  }

  CelNode call(const std::string& name, size_t at) {
    std::vector<CelNode> operands;
    ++depth_;
    if (!take(")")) {
      do operands.push_back(any_of());
      while (wrong_.empty() && take(","));
      if (!take(")")) return refuse("a parenthesis is not closed");
    }
    --depth_;
    if (!wrong_.empty()) return {};
    if (name == "int32" || name == "uint32") return cast(name, std::move(operands));
    if (name == "not") {
      if (operands.size() != 1 || operands[0].type == Type::kBool) return refuse("not() takes one number");
      const Type type = operands[0].type;
      return {.kind = Kind::kBitNot, .type = type, .operands = std::move(operands)};
    }
    const auto bitwise = name == "and"   ? std::optional(Kind::kBitAnd)
                         : name == "or"  ? std::optional(Kind::kBitOr)
                         : name == "xor" ? std::optional(Kind::kBitXor)
                                         : std::nullopt;
    if (!bitwise)
      return refuse(
          "unknown function " + quoted(name) + "; the functions are int32, uint32, and, or, xor, not", at);
    if (operands.size() != 2) return refuse(name + "() takes two numbers");
    return arithmetic(*bitwise, name + "()", std::move(operands[0]), std::move(operands[1]));
  }

  CelNode cast(const std::string& name, std::vector<CelNode> operands) {
    const bool is_signed = name == "int32";
    if (operands.size() != 1 || operands[0].type != (is_signed ? Type::kInt : Type::kUint)) {
      return refuse(name + "() takes one " + (is_signed ? "int" : "uint"));
    }
    return {.kind = Kind::kCast,
            .type = is_signed ? Type::kInt32 : Type::kUint32,
            .operands = std::move(operands)};
  }

  CelNode logic(Kind kind, CelNode left, CelNode right) {
    if (!wrong_.empty()) return {};
    if (left.type != Type::kBool || right.type != Type::kBool)
      return mismatch(kind == Kind::kAnd ? "&&" : "||", left, right);
    return pair(kind, Type::kBool, std::move(left), std::move(right));
  }
  CelNode arithmetic(Kind kind, std::string_view symbol, CelNode left, CelNode right) {
    if (!wrong_.empty()) return {};
    if (left.type != right.type || left.type == Type::kBool) return mismatch(symbol, left, right);
    const Type type = left.type;
    return pair(kind, type, std::move(left), std::move(right));
  }
  CelNode compared(Kind kind, CelNode left, CelNode right) {
    if (!wrong_.empty()) return {};
    const bool ordered = kind != Kind::kEqual && kind != Kind::kNotEqual;
    if (left.type != right.type || (ordered && left.type == Type::kBool))
      return mismatch("a comparison", left, right);
    return pair(kind, Type::kBool, std::move(left), std::move(right));
  }
  static CelNode pair(Kind kind, Type type, CelNode left, CelNode right) {
    CelNode node{.kind = kind, .type = type};
    node.operands.push_back(std::move(left));
    node.operands.push_back(std::move(right));
    return node;
  }
  CelNode mismatch(std::string_view what, const CelNode& left, const CelNode& right) {
    return refuse(std::string(what) + " cannot be applied to " + std::string(type_name(left.type)) + " and " +
                  std::string(type_name(right.type)) + "; int32() and uint32() convert from int and uint");
  }

  std::optional<Kind> take_relation() {
    if (take("==")) return Kind::kEqual;
    if (take("!=")) return Kind::kNotEqual;
    if (take("<=")) return Kind::kLessEqual;
    if (take(">=")) return Kind::kGreaterEqual;
    if (take("<")) return Kind::kLess;
    if (take(">")) return Kind::kGreater;
    return std::nullopt;
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!wrong_.empty() || !rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\r"), rest_.size())); }

  // Where the rest begins, from 1.
  [[nodiscard]] size_t here() const { return text_.size() - rest_.size() + 1; }

  CelNode refuse(const std::string& why) { return refuse(why, here()); }
  CelNode refuse(const std::string& why, size_t at) {
    if (wrong_.empty()) wrong_ = "at character " + std::to_string(at) + ": " + why;
    return {};
  }

  const SelectorOf& hook_;
  std::string_view text_;
  std::string_view rest_;
  std::string wrong_;
  int depth_ = 0;
  size_t terms_ = 0;
};

}  // namespace

std::optional<Filter> check_cel_filter(const SelectorOf& hook, const ArgFilter& filter) {
  Diagnostics& out = hook.checking.out;
  if (filter.values.size() != 1) {
    out.error(filter.op.span, "CelExpr has " + std::to_string(filter.values.size()) + " values",
              "one expression");
    return std::nullopt;
  }
  CelParser parser(hook, filter.values[0].value);
  std::optional<CelNode> expression = parser.run();
  if (!expression) {
    out.error(filter.values[0].span, "invalid expression " + parser.wrong());
    return std::nullopt;
  }
  return CelFilter{std::move(*expression), filter.span};
}

}  // namespace tripline::policy
