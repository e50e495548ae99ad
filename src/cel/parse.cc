// SPDX-License-Identifier: Apache-2.0
// By recursive descent. Once something is wrong, `wrong_` says what, and every rule returns at once with a tree that
// nobody looks at.
#include "cel/parse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cel/macros.h"
#include "cel/number_text.h"
#include "cel/token.h"

namespace tripline::cel {
namespace {

struct Tree {
  NodePtr node;
  int height = 1;
};

constexpr auto kReserved = std::to_array<std::string_view>(
    {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
     "namespace", "return", "var", "void", "while"});
constexpr auto kKeywords = std::to_array<std::string_view>({"in", "true", "false", "null"});

bool is_keyword(std::string_view name) { return std::ranges::find(kKeywords, name) != kKeywords.end(); }

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  std::expected<NodePtr, Mistake> run() {
    Tree tree = expression();
    if (!wrong_ && now().kind != Token::Kind::kEnd) unexpected();
    if (wrong_) return std::unexpected(*std::move(wrong_));
    return std::move(tree.node);
  }

 private:
  [[nodiscard]] const Token& now() const { return tokens_[at_]; }
  [[nodiscard]] const Token& ahead(size_t count) const {
    return tokens_[std::min(at_ + count, tokens_.size() - 1)];
  }
  [[nodiscard]] bool is(std::string_view sign) const {
    return now().kind == Token::Kind::kSign && now().text == sign;
  }
  // At the comma before the end of a literal.
  [[nodiscard]] bool at_last_comma(std::string_view close) const {
    return is(",") && ahead(1).kind == Token::Kind::kSign && ahead(1).text == close;
  }
  bool accept(std::string_view sign) {
    if (wrong_ || !is(sign)) return false;
    ++at_;
    return true;
  }
  uint32_t expect(std::string_view sign) {
    const uint32_t at = now().at;
    if (!accept(sign)) refuse("'" + std::string(sign) + "' is missing before " + described(now()));
    return at;
  }

  static std::string described(const Token& token) {
    switch (token.kind) {
      case Token::Kind::kEnd:
        return "the end";
      case Token::Kind::kString:
      case Token::Kind::kBytes:
        return "a text";
      default:
        return "'" + token.text + "'";
    }
  }
  Tree unexpected() { return refuse("unexpected " + described(now())); }
  Tree refuse(const std::string& message) { return refuse(message, now().at); }
  Tree refuse(const std::string& message, uint32_t at) {
    if (!wrong_) wrong_ = Mistake{at, "Syntax error: " + message};
    return nothing();
  }
  static Tree nothing() { return {std::make_unique<Node>()}; }

  Tree make(Node::Is is, uint32_t at, int children) {
    if (children >= kDeepestTree) return refuse("the expression is nested too deeply", at);
    return {std::make_unique<Node>(Node{std::move(is), at}), children + 1};
  }

  Tree call(std::string function, uint32_t at, std::vector<Tree> operands) {
    Call out{.function = std::move(function)};
    int height = 0;
    for (Tree& each : operands) {
      height = std::max(height, each.height);
      out.arguments.push_back(std::move(each.node));
    }
    return make(std::move(out), at, height);
  }
  Tree binary(std::string function, uint32_t at, Tree left, Tree right) {
    std::vector<Tree> operands;
    operands.push_back(std::move(left));
    operands.push_back(std::move(right));
    return call(std::move(function), at, std::move(operands));
  }

  Tree expression() {
    if (++brackets_ > kDeepestBrackets) refuse("the expression is nested too deeply");
    Tree out = wrong_ ? nothing() : choice();
    --brackets_;
    return out;
  }

  Tree choice() {
    // A chain of them is a deep tree, and is read without recursion.
    struct Link {
      Tree condition;
      Tree yes;
      uint32_t at;
    };
    std::vector<Link> links;
    Tree last = logic("||");
    while (is("?") && !wrong_) {
      const uint32_t at = expect("?");
      Tree yes = logic("||");
      expect(":");
      links.push_back({std::move(last), std::move(yes), at});
      last = logic("||");
    }
    for (; !links.empty(); links.pop_back()) {
      Link& link = links.back();
      const int height = std::max({link.condition.height, link.yes.height, last.height});
      last = make(Choice{std::move(link.condition.node), std::move(link.yes.node), std::move(last.node)},
                  link.at, height);
    }
    return last;
  }

  Tree logic(std::string_view sign) {
    const bool all = sign == "&&";
    Tree first = all ? relation() : logic("&&");
    if (!is(sign)) return first;
    const uint32_t at = now().at;
    Logic out{.all = all};
    int height = first.height;
    out.operands.push_back(std::move(first.node));
    while (accept(sign)) {
      Tree next = all ? relation() : logic("&&");
      height = std::max(height, next.height);
      out.operands.push_back(std::move(next.node));
    }
    return make(std::move(out), at, height);
  }

  std::optional<std::string> operator_of(std::span<const std::string_view> signs) {
    if (wrong_) return std::nullopt;
    if (now().kind != Token::Kind::kSign && !(now().kind == Token::Kind::kName && now().text == "in"))
      return std::nullopt;
    for (const std::string_view sign : signs)
      if (now().text == sign) return std::string(sign);
    return std::nullopt;
  }

  template <typename Next>
  Tree chain(std::span<const std::string_view> signs, Next next) {
    Tree left = next();
    while (const auto sign = operator_of(signs)) {
      const uint32_t at = now().at;
      ++at_;
      left = binary(*sign == "in" ? "@in" : "_" + *sign + "_", at, std::move(left), next());
    }
    return left;
  }

  Tree relation() {
    static constexpr auto kSigns = std::to_array<std::string_view>({"<", "<=", ">=", ">", "==", "!=", "in"});
    return chain(kSigns, [this] { return sum(); });
  }
  Tree sum() {
    static constexpr auto kSigns = std::to_array<std::string_view>({"+", "-"});
    return chain(kSigns, [this] { return product(); });
  }
  Tree product() {
    static constexpr auto kSigns = std::to_array<std::string_view>({"*", "/", "%"});
    return chain(kSigns, [this] { return unary(); });
  }

  [[nodiscard]] static bool is_number(const Token& token) {
    return token.kind == Token::Kind::kInt || token.kind == Token::Kind::kDouble;
  }

  Tree unary() {
    const std::string sign = is("!") ? "!" : "-";
    std::vector<uint32_t> signs;
    while (!wrong_ && is(sign) && !(sign == "-" && is_number(ahead(1)))) signs.push_back(expect(sign));
    Tree out = member();
    for (; !signs.empty(); signs.pop_back()) {
      std::vector<Tree> operands;
      operands.push_back(std::move(out));
      out = call(sign + "_", signs.back(), std::move(operands));
    }
    return out;
  }

  Tree member() {
    Tree out = primary();
    while (!wrong_) {
      if (is(".")) {
        out = selection(std::move(out));
      } else if (is("[")) {
        const uint32_t at = expect("[");
        const bool optional = accept("?");
        Tree index = expression();
        expect("]");
        out = binary(optional ? "_[?_]" : "_[_]", at, std::move(out), std::move(index));
      } else if (is("{") && is_qualified(*out.node)) {
        out = message(std::move(out));
      } else {
        break;
      }
    }
    return out;
  }

  Tree selection(Tree operand) {
    const uint32_t at = expect(".");
    const bool optional = accept("?");
    const Token name = now();
    const bool quoted = name.kind == Token::Kind::kQuoted;
    if (!quoted && (name.kind != Token::Kind::kName || is_keyword(name.text))) return unexpected();
    ++at_;
    if (!quoted && !optional && is("(")) return invocation(std::move(operand), name.text);
    const int height = operand.height;
    return make(Select{.operand = std::move(operand.node), .field = name.text, .optional = optional}, at,
                height);
  }

  Tree invocation(std::optional<Tree> target, const std::string& function) {
    const uint32_t at = expect("(");
    Call out{.function = function};
    int height = target ? target->height : 0;
    if (target) out.target = std::move(target->node);
    while (!wrong_ && !is(")")) {
      Tree argument = expression();
      height = std::max(height, argument.height);
      out.arguments.push_back(std::move(argument.node));
      if (!accept(",")) break;
    }
    expect(")");
    if (wrong_) return nothing();
    auto expanded = expand_macro(Node{std::move(out), at});
    if (!expanded) {
      wrong_ = std::move(expanded).error();
      return nothing();
    }
    return make(std::move(expanded->is), expanded->at, height + 1);
  }

  // A name, or one with selections.
  static bool is_qualified(const Node& node) {
    const Node* at = &node;
    while (const auto* select = std::get_if<Select>(&at->is)) {
      if (select->test || select->optional) return false;
      at = select->operand.get();
    }
    return std::holds_alternative<Name>(at->is);
  }
  static std::string qualified_name(const Node& node) {
    if (const auto* select = std::get_if<Select>(&node.is))
      return qualified_name(*select->operand) + "." + select->field;
    return std::get<Name>(node.is).text;
  }
  static bool is_absolute(const Node& node) {
    if (const auto* select = std::get_if<Select>(&node.is)) return is_absolute(*select->operand);
    return std::get<Name>(node.is).absolute;
  }

  Tree message(Tree name) {
    const uint32_t at = expect("{");
    MakeMessage out{.type = qualified_name(*name.node), .absolute = is_absolute(*name.node)};
    int height = 0;
    const bool empty = is("}") || is(",");
    while (!empty && !wrong_) {
      const bool optional = accept("?");
      const Token field = now();
      if (field.kind != Token::Kind::kQuoted && (field.kind != Token::Kind::kName || is_keyword(field.text)))
        return unexpected();
      ++at_;
      expect(":");
      Tree value = expression();
      height = std::max(height, value.height);
      out.fields.push_back(
          {.name = field.text, .value = std::move(value.node), .at = field.at, .optional = optional});
      if (!is(",") || at_last_comma("}")) break;
      expect(",");
    }
    accept(",");
    expect("}");
    return make(std::move(out), at, height);
  }

  Tree list_literal() {
    const uint32_t at = expect("[");
    MakeList out;
    int height = 0;
    const bool empty = is("]") || is(",");
    while (!empty && !wrong_) {
      const bool optional = accept("?");
      Tree value = expression();
      height = std::max(height, value.height);
      out.elements.push_back({std::move(value.node), optional});
      if (!is(",") || at_last_comma("]")) break;
      expect(",");
    }
    accept(",");
    expect("]");
    return make(std::move(out), at, height);
  }

  Tree map_literal() {
    const uint32_t at = expect("{");
    MakeMap out;
    int height = 0;
    const bool empty = is("}") || is(",");
    while (!empty && !wrong_) {
      const bool optional = accept("?");
      Tree key = expression();
      expect(":");
      Tree value = expression();
      height = std::max({height, key.height, value.height});
      out.entries.push_back({std::move(key.node), std::move(value.node), optional});
      if (!is(",") || at_last_comma("}")) break;
      expect(",");
    }
    accept(",");
    expect("}");
    return make(std::move(out), at, height);
  }

  Tree primary() {
    if (wrong_) return nothing();
    const Token token = now();
    using Kind = Token::Kind;
    switch (token.kind) {
      case Kind::kInt:
      case Kind::kUint:
      case Kind::kDouble:
        return number("");
      case Kind::kString:
        ++at_;
        return literal(text(token.text), token.at);
      case Kind::kBytes:
        ++at_;
        return literal(bytes(token.text), token.at);
      case Kind::kName:
        return named(false);
      case Kind::kSign:
        break;
      default:
        return unexpected();
    }
    if (is("-") && is_number(ahead(1))) {
      ++at_;
      return number("-");
    }
    if (is("[")) return list_literal();
    if (is("{")) return map_literal();
    if (accept("(")) {
      Tree out = expression();
      expect(")");
      return out;
    }
    if (is(".") && ahead(1).kind == Kind::kName) {
      ++at_;
      return named(true);
    }
    return unexpected();
  }

  Tree literal(Value value, uint32_t at) { return make(Literal{std::move(value)}, at, 0); }

  Tree named(bool absolute) {
    const Token token = now();
    if (!absolute && is_keyword(token.text)) {
      if (token.text == "in") return unexpected();
      ++at_;
      if (token.text == "null") return literal(null_value(), token.at);
      return literal(boolean(token.text == "true"), token.at);
    }
    if (is_keyword(token.text)) return unexpected();
    if (std::ranges::find(kReserved, token.text) != kReserved.end())
      return refuse("reserved identifier: " + token.text);
    ++at_;
    if (is("(")) return invocation(std::nullopt, (absolute ? "." : "") + token.text);
    return make(Name{token.text, absolute}, token.at, 0);
  }

  Tree number(const std::string& sign) {
    const Token token = now();
    ++at_;
    if (token.kind == Token::Kind::kDouble) {
      const std::optional<double> value = read_double(sign + token.text);
      if (!value) return refuse("invalid double literal: it is too large", token.at);
      return literal({*value}, token.at);
    }
    const bool hex = token.text.starts_with("0x");
    const std::string digits = sign + (hex ? token.text.substr(2) : token.text);
    const auto read = [&](auto value) -> Tree {
      const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
      if (result.ec != std::errc()) return refuse("invalid number literal: it is too large", token.at);
      return literal({value}, token.at);
    };
    return token.kind == Token::Kind::kUint ? read(uint64_t{}) : read(int64_t{});
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
  int brackets_ = 0;
  std::optional<Mistake> wrong_;
};

}  // namespace

std::expected<NodePtr, Mistake> parse(std::string_view text) {
  if (text.size() > kLongestText)
    return std::unexpected(
        Mistake{0, "Syntax error: the expression has more than " + std::to_string(kLongestText) + " bytes"});
  auto tokens = tokens_of(text);
  if (!tokens) return std::unexpected(std::move(tokens).error());
  return Parser(*std::move(tokens)).run();
}

}  // namespace tripline::cel
