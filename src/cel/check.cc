// SPDX-License-Identifier: Apache-2.0
// One function for each form of Node. What is wrong gets the type kError, which goes with everything, so that it is
// reported once.
#include "cel/check.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "cel/message.h"
#include "cel/unify.h"

namespace tripline::cel {
namespace {

using TypeKind = Type::Kind;

constexpr size_t kMostMistakes = 20;

Type simple(TypeKind kind) { return {.kind = kind, .name = {}, .of = {}}; }

Type type_of_value(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return simple(TypeKind::kNull);
    case Kind::kBool:
      return simple(TypeKind::kBool);
    case Kind::kInt:
      return simple(TypeKind::kInt);
    case Kind::kUint:
      return simple(TypeKind::kUint);
    case Kind::kDouble:
      return simple(TypeKind::kDouble);
    case Kind::kString:
      return simple(TypeKind::kString);
    case Kind::kBytes:
      return simple(TypeKind::kBytes);
    default:
      return simple(TypeKind::kDyn);
  }
}

std::optional<Type> named_type(std::string_view name) {
  struct Row {
    std::string_view name;
    TypeKind kind;
  };
  static constexpr auto kRows = std::to_array<Row>({{"bool", TypeKind::kBool},
                                                    {"int", TypeKind::kInt},
                                                    {"uint", TypeKind::kUint},
                                                    {"double", TypeKind::kDouble},
                                                    {"string", TypeKind::kString},
                                                    {"bytes", TypeKind::kBytes},
                                                    {"null_type", TypeKind::kNull},
                                                    {"net.IP", TypeKind::kIp},
                                                    {"net.CIDR", TypeKind::kCidr}});
  const auto* row = std::ranges::find(kRows, name, &Row::name);
  if (row != kRows.end()) return simple(row->kind);
  const Type dyn = simple(TypeKind::kDyn);
  if (name == "list") return list_of(dyn);
  if (name == "map") return map_of(dyn, dyn);
  if (name == "type") return type_of(dyn);
  if (name == "optional_type") return optional_of(dyn);
  return std::nullopt;
}

// What names in tables are called is in the table for ever.
std::string_view lasting_name(std::string_view name) {
  for (const std::string_view each : {"bool", "int", "uint", "double", "string", "bytes", "null_type",
                                      "net.IP", "net.CIDR", "list", "map", "type", "optional_type"})
    if (each == name) return each;
  return {};
}

// "a.b.c", when the node is a name with selections.
std::optional<std::string> qualified_name(const Node& node) {
  if (const auto* name = std::get_if<Name>(&node.is)) return name->text;
  const auto* select = std::get_if<Select>(&node.is);
  if (select == nullptr || select->test || select->optional) return std::nullopt;
  auto out = qualified_name(*select->operand);
  if (out) *out += "." + select->field;
  return out;
}

const Name& root_of(const Node& node) {
  if (const auto* select = std::get_if<Select>(&node.is)) return root_of(*select->operand);
  return std::get<Name>(node.is);
}

class Checker {
 public:
  explicit Checker(const Environment& environment) : environment_(environment) {}

  std::expected<Checked, std::vector<Mistake>> run(Node& tree) {
    const Type type = check(tree);
    if (!mistakes_.empty()) return std::unexpected(std::move(mistakes_));
    return Checked{unifier_.resolve(type, true), slots_, std::move(used_)};
  }

 private:
  struct Bound {
    std::string name;
    uint32_t slot;
    Type type;
  };
  struct Meaning {
    Node::Is is;
    Type type;
  };

  Type wrong(uint32_t at, std::string message) {
    if (mistakes_.size() < kMostMistakes) mistakes_.push_back({at, std::move(message)});
    return simple(TypeKind::kError);
  }
  Type undeclared(uint32_t at, const std::string& name) {
    return wrong(at,
                 "undeclared reference to '" + name + "' (in container '" + environment_.container() + "')");
  }
  Type resolved(const Type& type) { return unifier_.resolve(type); }

  uint32_t push(const std::string& name, Type type) {
    scope_.push_back({name, slots_, std::move(type)});
    return slots_++;
  }
  [[nodiscard]] const Bound* local(std::string_view name) const {
    const auto found =
        std::find_if(scope_.rbegin(), scope_.rend(), [name](const Bound& each) { return each.name == name; });
    return found == scope_.rend() ? nullptr : &*found;
  }

  Type check(Node& node) {
    return std::visit([&](auto& form) { return this->form(node, form); }, node.is);
  }

  Type form(Node& /*node*/, const Literal& literal) { return type_of_value(literal.value); }
  Type form(Node& /*node*/, const Local& /*local*/) { return simple(TypeKind::kDyn); }
  Type form(Node& /*node*/, const Variable& /*variable*/) { return simple(TypeKind::kDyn); }

  Type form(Node& node, const Name& name) {
    auto meaning = meaning_of(name.text, name.absolute);
    if (!meaning) return undeclared(node.at, name.text);
    node.is = std::move(meaning->is);
    return std::move(meaning->type);
  }

  // Of a name that may have dots in it.
  std::optional<Meaning> meaning_of(const std::string& name, bool absolute) {
    if (!absolute)
      if (const Bound* found = local(name)) return Meaning{Local{found->slot}, found->type};
    for (const std::string& candidate : environment_.candidates(name, absolute)) {
      if (const auto variable = environment_.variable(candidate)) {
        if (std::ranges::find(used_, *variable) == used_.end()) used_.push_back(*variable);
        return Meaning{Variable{*variable}, environment_.variables()[*variable].type};
      }
      if (const auto type = named_type(candidate))
        return Meaning{Literal{{TypeName{lasting_name(candidate)}}}, type_of(*type)};
      if (const auto* message = find_message(candidate))
        return Meaning{Literal{{TypeName{name_of(*message)}}}, type_of(type_of_message(*message))};
      if (const auto number = find_enumerator(candidate))
        return Meaning{Literal{{*number}}, simple(TypeKind::kInt)};
    }
    return std::nullopt;
  }

  Type form(Node& node, Select& select) {
    if (!select.test && !select.optional) {
      if (const auto name = qualified_name(node)) {
        const Name& root = root_of(node);
        if (root.absolute || local(root.text) == nullptr) {
          if (auto meaning = meaning_of(*name, root.absolute)) {
            node.is = std::move(meaning->is);  // `select` is gone
            return std::move(meaning->type);
          }
        }
      }
    }
    Type operand = resolved(check(*select.operand));
    const bool optional = operand.kind == TypeKind::kOptional;
    if (optional) operand = resolved(Type(operand.of[0]));
    const Type field = type_of_field_in(operand, select, node.at);
    if (select.test) return simple(TypeKind::kBool);
    if (field.kind == TypeKind::kError) return field;
    return optional || select.optional ? optional_of(field) : field;
  }

  Type type_of_field_in(const Type& operand, Select& select, uint32_t at) {
    switch (operand.kind) {
      case TypeKind::kDyn:
      case TypeKind::kError:
        return operand;
      case TypeKind::kMap:
        return operand.of[1];
      case TypeKind::kParameter:
        (void)unifier_.assign(operand, simple(TypeKind::kDyn));
        return simple(TypeKind::kDyn);
      case TypeKind::kMessage: {
        select.known = find_field(*find_message(operand.name), select.field);
        if (select.known == nullptr) return wrong(at, "undefined field '" + select.field + "'");
        return type_of_field(*select.known);
      }
      default:
        return wrong(
            at, "type '" + to_text(unifier_.resolve(operand, true)) + "' does not support field selection");
    }
  }

  Type form(Node& node, Call& call) {
    const std::vector<Function>* functions = nullptr;
    bool member = false;
    if (call.target) {
      // A name that a macro binds hides variables, not functions.
      if (const auto scope = qualified_name(*call.target))
        functions = find_functions(*scope + "." + call.function, root_of(*call.target).absolute, call);
      if (functions == nullptr) {
        member = true;
        functions = environment_.functions(call.function);
        call.arguments.insert(call.arguments.begin(), std::move(call.target));
      }
      call.target.reset();
    } else {
      const bool absolute = call.function.starts_with('.');
      functions = find_functions(absolute ? call.function.substr(1) : call.function, absolute, call);
    }
    std::vector<Type> types;
    for (const NodePtr& argument : call.arguments) types.push_back(check(*argument));
    if (functions == nullptr) return undeclared(node.at, call.function);
    if (call.function == "math.greatest" || call.function == "math.least")
      return one_of_numbers(node.at, call, *functions, types);
    call.lazy = member && (call.function == "or" || call.function == "orValue");
    return choose(node.at, call, *functions, member, types);
  }

  // The call gets the name that was found.
  const std::vector<Function>* find_functions(const std::string& name, bool absolute, Call& call) {
    for (const std::string& candidate : environment_.candidates(name, absolute)) {
      const std::vector<Function>* found = environment_.functions(candidate);
      if (found == nullptr) continue;
      call.function = candidate;
      return found;
    }
    return nullptr;
  }

  Type choose(uint32_t at, Call& call, const std::vector<Function>& functions, bool member,
              std::vector<Type>& types) {
    std::optional<Type> result;
    for (const Function& function : functions) {
      if (function.signature.member != member || function.signature.parameters.size() != types.size())
        continue;
      const Signature signature = unifier_.instantiate(function.signature);
      if (!unifier_.assign_all(types, signature.parameters)) continue;
      call.candidates.push_back(&function);
      Type type = resolved(signature.result);
      if (!result) {
        result = std::move(type);
      } else if (*result != type) {
        result = simple(TypeKind::kDyn);
      }
    }
    return result ? *std::move(result) : no_overload(at, call.function, types, member);
  }

  Type no_overload(uint32_t at, const std::string& function, std::span<const Type> types, bool member) {
    std::string list;
    for (size_t which = member ? 1 : 0; which < types.size(); ++which)
      list += (list.empty() ? "" : ", ") + to_text(unifier_.resolve(types[which], true));
    const std::string target = member ? to_text(unifier_.resolve(types[0], true)) + "." : "";
    return wrong(
        at, "found no matching overload for '" + function + "' applied to '" + target + "(" + list + ")'");
  }

  // math.greatest() and math.least() take numbers of any types, or a list of them.
  Type one_of_numbers(uint32_t at, Call& call, const std::vector<Function>& functions,
                      std::vector<Type>& types) {
    call.candidates = {functions.data()};
    std::vector<Type> numbers;
    for (const Type& each : types) numbers.push_back(resolved(each));
    if (numbers.size() == 1 && numbers[0].kind == TypeKind::kList)
      numbers[0] = resolved(Type(numbers[0].of[0]));
    const auto is_number = [](const Type& type) {
      const TypeKind kind = type.kind == TypeKind::kWrapper ? type.of[0].kind : type.kind;
      return kind == TypeKind::kInt || kind == TypeKind::kUint || kind == TypeKind::kDouble ||
             kind == TypeKind::kDyn || kind == TypeKind::kParameter || kind == TypeKind::kError;
    };
    const auto* list = call.arguments.size() == 1 ? std::get_if<MakeList>(&call.arguments[0]->is) : nullptr;
    if (numbers.empty() || !std::ranges::all_of(numbers, is_number) ||
        (list != nullptr && list->elements.empty()))
      return no_overload(at, call.function, types, false);
    for (const Type& each : numbers)
      if (each != numbers[0]) return simple(TypeKind::kDyn);
    return numbers[0];
  }

  Type form(Node& node, Logic& logic) {
    std::vector<Type> types;
    for (const NodePtr& operand : logic.operands) types.push_back(check(*operand));
    for (size_t at = 0; at < types.size(); ++at) {
      if (unifier_.assign(types[at], simple(TypeKind::kBool))) continue;
      const size_t left = at == 0 ? 0 : at - 1;
      return no_overload(node.at, logic.all ? "_&&_" : "_||_", std::span(types).subspan(left, 2), false);
    }
    return simple(TypeKind::kBool);
  }

  Type form(Node& node, Choice& choice) {
    const std::array<Type, 3> types{check(*choice.condition), check(*choice.yes), check(*choice.no)};
    const Type result = unifier_.new_variable();
    const std::array<Type, 3> parameters{simple(TypeKind::kBool), result, result};
    if (!unifier_.assign_all(types, parameters)) return no_overload(node.at, "_?_:_", types, false);
    return resolved(result);
  }

  // What is in an optional, where one must be.
  Type unwrapped(const Node& node, const Type& type) {
    const Type known = resolved(type);
    if (known.kind == TypeKind::kOptional) return known.of[0];
    if (known.kind == TypeKind::kDyn || known.kind == TypeKind::kError) return known;
    const Type inner = unifier_.new_variable();
    if (known.kind != TypeKind::kNull && unifier_.assign(known, optional_of(inner))) return resolved(inner);
    return wrong(node.at,
                 "expected type 'optional_type' but found '" + to_text(unifier_.resolve(known, true)) + "'");
  }

  Type form(Node& /*node*/, MakeList& make) {
    std::optional<Type> joined;
    for (const MakeList::Element& each : make.elements) {
      Type type = check(*each.value);
      if (each.optional) type = unwrapped(*each.value, type);
      joined = unifier_.join(joined, type);
    }
    return list_of(joined ? *joined : unifier_.new_variable());
  }

  Type form(Node& /*node*/, MakeMap& make) {
    std::optional<Type> keys;
    std::optional<Type> values;
    for (const MakeMap::Entry& each : make.entries) {
      keys = unifier_.join(keys, check(*each.key));
      Type type = check(*each.value);
      if (each.optional) type = unwrapped(*each.value, type);
      values = unifier_.join(values, type);
    }
    if (!keys) return map_of(unifier_.new_variable(), unifier_.new_variable());
    // A map in a map as its key and its value doubles the type each time; no such key is allowed.
    const bool plain = keys->of.empty();
    return map_of(plain ? *keys : simple(TypeKind::kDyn), *values);
  }

  Type form(Node& node, MakeMessage& make) {
    for (const std::string& candidate : environment_.candidates(make.type, make.absolute))
      if (make.known == nullptr) make.known = find_message(candidate);
    std::vector<std::string_view> seen;
    for (MakeMessage::Field& field : make.fields) {
      Type type = check(*field.value);
      if (make.known == nullptr) continue;
      if (field.optional) type = unwrapped(*field.value, type);
      if (std::ranges::find(seen, field.name) != seen.end())
        (void)wrong(field.at, "field '" + field.name + "' is there twice");
      seen.push_back(field.name);
      field.known = find_field(*make.known, field.name);
      if (field.known == nullptr) {
        (void)wrong(field.at, "undefined field '" + field.name + "'");
      } else if (const Type wanted = type_of_field(*field.known); !unifier_.assign(type, wanted)) {
        (void)wrong(field.at, "expected type of field '" + field.name + "' is '" + to_text(wanted) +
                                  "' but provided type is '" + to_text(unifier_.resolve(type, true)) + "'");
      }
    }
    return make.known == nullptr ? undeclared(node.at, make.type) : type_of_message(*make.known);
  }

  struct Elements {
    Type first;   // of the index or key, or of the only variable
    Type second;  // of the element or value
    Type key;     // of the map that the macro makes, if it does
  };

  Elements elements_of(const Node& node, const Type& range, bool two) {
    const Type number = simple(TypeKind::kInt);
    switch (range.kind) {
      case TypeKind::kList:
        return {two ? number : range.of[0], range.of[0], number};
      case TypeKind::kMap:
        return {range.of[0], range.of[1], range.of[0]};
      case TypeKind::kParameter:
        (void)unifier_.assign(range, simple(TypeKind::kDyn));
        break;
      case TypeKind::kDyn:
      case TypeKind::kError:
        break;
      default:
        (void)wrong(node.at, "expression of type '" + to_text(unifier_.resolve(range, true)) +
                                 "' cannot be range of a comprehension (must be list, map, or dynamic)");
    }
    return {simple(TypeKind::kDyn), simple(TypeKind::kDyn), simple(TypeKind::kDyn)};
  }

  void want_bool(const Node& node, const Type& type) {
    if (unifier_.assign(type, simple(TypeKind::kBool))) return;
    (void)wrong(node.at, "expected type 'bool' but found '" + to_text(unifier_.resolve(type, true)) + "'");
  }

  Type form(Node& node, Fold& fold) {
    const Type range = resolved(check(*fold.range));
    const bool two = !fold.second.empty();
    const Elements elements = elements_of(*fold.range, range, two);
    const size_t outside = scope_.size();
    fold.first_slot = push(fold.first, elements.first);
    if (two) fold.second_slot = push(fold.second, elements.second);
    if (fold.filter) want_bool(*fold.filter, check(*fold.filter));
    const Type body = check(*fold.body);
    scope_.resize(outside, {});
    switch (fold.mode) {
      case Fold::Mode::kAll:
      case Fold::Mode::kExists:
      case Fold::Mode::kExistsOne:
        want_bool(*fold.body, body);
        return simple(TypeKind::kBool);
      case Fold::Mode::kList:
        return list_of(resolved(body));
      case Fold::Mode::kSortBy:
        return list_of(resolved(elements.second));
      case Fold::Mode::kMap:
        return map_of(resolved(elements.key), resolved(body));
      case Fold::Mode::kMapEntries: {
        const Type entry = map_of(unifier_.new_variable(), unifier_.new_variable());
        if (unifier_.assign(body, entry)) return resolved(entry);
        return wrong(node.at,
                     "expected type 'map' but found '" + to_text(unifier_.resolve(body, true)) + "'");
      }
    }
    return simple(TypeKind::kDyn);
  }

  Type form(Node& /*node*/, Let& let) {
    const size_t outside = scope_.size();
    for (size_t at = 0; at < let.names.size(); ++at) {
      const Type type = check(*let.values[at]);
      let.slots.push_back(push(let.names[at], resolved(type)));
    }
    Type out = check(*let.body);
    scope_.resize(outside, {});
    return out;
  }

  Type form(Node& node, OptionalMap& map) {
    const Type inner = unwrapped(*map.target, check(*map.target));
    const size_t outside = scope_.size();
    map.slot = push(map.name, inner);
    const Type body = check(*map.body);
    scope_.resize(outside, {});
    if (!map.flat) return optional_of(resolved(body));
    return optional_of(unwrapped(node, body));
  }

  const Environment& environment_;
  Unifier unifier_;
  std::vector<Bound> scope_;
  std::vector<uint32_t> used_;
  std::vector<Mistake> mistakes_;
  uint32_t slots_ = 0;
};

}  // namespace

std::expected<Checked, std::vector<Mistake>> check(Node& tree, const Environment& environment) {
  return Checker(environment).run(tree);
}

}  // namespace tripline::cel
