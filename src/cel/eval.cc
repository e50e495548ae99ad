// SPDX-License-Identifier: Apache-2.0
// By recursion over the tree, which the parser keeps shallow. One function for each form of Node.
//
// An error ends the evaluation, with two exceptions: && and || (also in all() and exists()) pass it over when another
// operand decides.
#include "cel/eval.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "cel/collections.h"
#include "cel/function.h"
#include "cel/lists.h"
#include "cel/message.h"
#include "cel/type_name.h"

namespace tripline::cel {
namespace {

class Evaluator {
 public:
  explicit Evaluator(Frame& frame) : frame_(frame) {}

  Outcome run(const Node& node) {
    if (!frame_.spend(1)) return frame_.exhausted();
    return std::visit([&](const auto& form) { return this->form(form); }, node.is);
  }

 private:
  Outcome form(const Literal& literal) { return literal.value; }
  Outcome form(const Name& name) { return failed("undeclared reference to '" + name.text + "'"); }

  Outcome form(const Local& local) {
    // A slot may move when it is evaluated for the first time: it is looked up again.
    if (!frame_.slots[local.slot].value) {
      const Node* later = frame_.slots[local.slot].later;
      Outcome value = run(*later);
      frame_.slots[local.slot].value = std::move(value);
    }
    return *frame_.slots[local.slot].value;
  }

  Outcome form(const Variable& variable) {
    const std::optional<Value>& value = frame_.variables[variable.index];
    if (!value) return failed("no such attribute: a variable has no value");
    return *value;
  }

  Outcome form(const Select& select) {
    Outcome operand = run(*select.operand);
    if (!operand) return operand;
    if (const auto* optional = operand->get<Optional>()) {
      if (optional->value == nullptr) return select.test ? boolean(false) : none();
      return select.test ? has(*optional->value, select) : maybe(*optional->value, select);
    }
    if (select.test) return has(*operand, select);
    return select.optional ? maybe(*operand, select) : field(*operand, select);
  }

  Outcome field(const Value& operand, const Select& select) {
    if (const auto* message = operand.get<MessageRef>())
      return read_field(frame_, *message, select.field, select.known);
    if (const auto* map = operand.get<Map>()) {
      if (const Value* found = map->entries->find(select.field)) return *found;
      return failed("no such key: " + select.field);
    }
    return failed("no such key: a " + std::string(type_name(operand)) + " has no fields");
  }

  static Outcome has(const Value& operand, const Select& select) {
    if (const auto* message = operand.get<MessageRef>())
      return has_field(*message, select.field, select.known);
    if (const auto* map = operand.get<Map>()) return boolean(map->entries->find(select.field) != nullptr);
    return failed("no such key: a " + std::string(type_name(operand)) + " has no fields");
  }

  // The field as an optional. What has no fields does not have this one.
  Outcome maybe(const Value& operand, const Select& select) {
    if (operand.kind() == Kind::kList) return failed("invalid_argument: a list has no fields");
    if (operand.kind() != Kind::kMessage && operand.kind() != Kind::kMap) return none();
    const Outcome present = has(operand, select);
    if (!present) return present;
    if (!present->as<bool>()) return none();
    if (!frame_.spend(1, kBytesOfElement)) return frame_.exhausted();
    Outcome value = field(operand, select);
    return value ? Outcome(some(*std::move(value))) : value;
  }

  Outcome form(const Call& call) {
    constexpr size_t kFew = 3;
    if (call.arguments.size() > kFew) {
      std::vector<Value> arguments(call.arguments.size());
      return invoke(call, arguments);
    }
    std::array<Value, kFew> arguments;
    return invoke(call, std::span(arguments).first(call.arguments.size()));
  }

  Outcome invoke(const Call& call, std::span<Value> arguments) {
    for (size_t at = 0; at < arguments.size(); ++at) {
      if (at == 1 && call.lazy)
        if (const auto* optional = arguments[0].get<Optional>();
            optional != nullptr && optional->value != nullptr)
          return call.function == "or" ? arguments[0] : *optional->value;
      Outcome argument = run(*call.arguments[at]);
      if (!argument) return argument;
      arguments[at] = *std::move(argument);
    }
    frame_.prepared = call.prepared.get();
    for (const Function* function : call.candidates)
      if (takes(*function, arguments)) return function->run(frame_, arguments);
    // Those that take any number of arguments.
    if (call.function == "math.greatest" || call.function == "math.least")
      return call.candidates[0]->run(frame_, arguments);
    // An index of what is not known to be a list, or not to be a map.
    if (call.function == "_[_]") return element(arguments[0], arguments[1]);
    if (call.function == "_[?_]") return maybe_element(frame_, arguments[0], arguments[1]);
    return no_such_overload();
  }

  Outcome form(const Logic& logic) {
    std::optional<Outcome> error;
    for (const NodePtr& operand : logic.operands) {
      Outcome value = run(*operand);
      if (const bool* truth = value ? value->get<bool>() : nullptr) {
        if (*truth != logic.all) return value;
      } else if (!error) {
        error = value ? Outcome(no_such_overload()) : std::move(value);
      }
      if (frame_.spent()) return frame_.exhausted();
    }
    return error ? *std::move(error) : boolean(logic.all);
  }

  Outcome form(const Choice& choice) {
    Outcome condition = run(*choice.condition);
    if (!condition) return condition;
    const bool* truth = condition->get<bool>();
    if (truth == nullptr) return no_such_overload();
    return run(*truth ? *choice.yes : *choice.no);
  }

  // What an optional element adds: nothing, when it has no value.
  static std::expected<std::optional<Value>, std::string> added(Value value, bool optional) {
    if (!optional) return value;
    const auto* inner = value.get<Optional>();
    if (inner == nullptr) return failed("an optional entry has no optional value");
    if (inner->value == nullptr) return std::nullopt;
    return *inner->value;
  }

  Outcome form(const MakeList& make) {
    if (!frame_.spend(1, (1 + make.elements.size()) * kBytesOfElement)) return frame_.exhausted();
    std::vector<Value> out;
    out.reserve(make.elements.size());
    for (const MakeList::Element& element : make.elements) {
      Outcome value = run(*element.value);
      if (!value) return value;
      auto item = added(*std::move(value), element.optional);
      if (!item) return std::unexpected(std::move(item).error());
      if (*item) out.push_back(**std::move(item));
    }
    return list(std::move(out));
  }

  Outcome form(const MakeMap& make) {
    Entries out;
    out.reserve(make.entries.size());
    for (const MakeMap::Entry& entry : make.entries) {
      Outcome key = run(*entry.key);
      if (!key) return key;
      Outcome value = run(*entry.value);
      if (!value) return value;
      auto item = added(*std::move(value), entry.optional);
      if (!item) return std::unexpected(std::move(item).error());
      if (!*item) continue;
      if (auto failure = insert(out, *std::move(key), **std::move(item))) return *std::move(failure);
    }
    return map(std::move(out));
  }

  std::optional<Outcome> insert(Entries& entries, Value key, Value value) {
    if (!frame_.spend(1, 4 * kBytesOfElement)) return frame_.exhausted();
    if (!can_be_key(key)) return failed("unsupported key type: " + std::string(type_name(key)));
    if (!entries.add(std::move(key), std::move(value))) return failed("a key is in the map twice");
    return std::nullopt;
  }

  Outcome form(const MakeMessage& make) {
    std::vector<Value> values;
    std::vector<FieldValue> fields;
    values.reserve(make.fields.size());
    for (const MakeMessage::Field& field : make.fields) {
      Outcome value = run(*field.value);
      if (!value) return value;
      auto item = added(*std::move(value), field.optional);
      if (!item) return std::unexpected(std::move(item).error());
      if (!*item) continue;
      values.push_back(**std::move(item));
      fields.push_back({field.known, &values.back()});
    }
    return make_message(frame_, *make.known, fields);
  }

  Outcome form(const Let& let) {
    for (size_t at = 0; at < let.slots.size(); ++at)
      frame_.slots[let.slots[at]] = {std::nullopt, let.values[at].get()};
    return run(*let.body);
  }

  Outcome form(const OptionalMap& map) {
    Outcome target = run(*map.target);
    if (!target) return target;
    const auto* optional = target->get<Optional>();
    if (optional == nullptr) return no_such_overload();
    if (optional->value == nullptr) return none();
    frame_.slots[map.slot] = {*optional->value, nullptr};
    Outcome value = run(*map.body);
    if (!value) return value;
    if (map.flat) return value->kind() == Kind::kOptional ? value : Outcome(no_such_overload());
    if (!frame_.spend(1, kBytesOfElement)) return frame_.exhausted();
    return some(*std::move(value));
  }

  // Calls `step` for each element until it gives something. Macros with a filter see only what passes it.
  template <typename Step>
  std::optional<Outcome> each(const Fold& fold, const Value& range, Step step) {
    const bool two = !fold.second.empty();
    const auto visit = [&](const Value& first, const Value& second) -> std::optional<Outcome> {
      frame_.slots[fold.first_slot] = {first, nullptr};
      if (two) frame_.slots[fold.second_slot] = {second, nullptr};
      if (!frame_.spend(1)) return frame_.exhausted();
      if (fold.filter) {
        Outcome passes = run(*fold.filter);
        if (!passes) return passes;
        const bool* truth = passes->get<bool>();
        if (truth == nullptr) return no_such_overload();
        if (!*truth) return std::nullopt;
      }
      return step(first, second);
    };
    if (const auto* list = range.get<List>()) {
      for (size_t at = 0; at < list->items->size(); ++at) {
        const Value& item = (*list->items)[at];
        if (auto done = visit(two ? Value{static_cast<int64_t>(at)} : item, item)) return done;
      }
      return std::nullopt;
    }
    if (const auto* map = range.get<Map>()) {
      for (const auto& [key, value] : map->entries->all())
        if (auto done = visit(key, value)) return done;
      return std::nullopt;
    }
    return no_such_overload();
  }

  Outcome form(const Fold& fold) {
    const Outcome range = run(*fold.range);
    if (!range) return range;
    switch (fold.mode) {
      case Fold::Mode::kAll:
      case Fold::Mode::kExists:
        return quantified(fold, *range);
      case Fold::Mode::kExistsOne:
        return exactly_one(fold, *range);
      case Fold::Mode::kList:
        return collected(fold, *range);
      case Fold::Mode::kSortBy:
        return sorted(fold, *range);
      case Fold::Mode::kMap:
      case Fold::Mode::kMapEntries:
        return mapped(fold, *range);
    }
    return no_such_overload();
  }

  Outcome quantified(const Fold& fold, const Value& range) {
    const bool all = fold.mode == Fold::Mode::kAll;
    std::optional<Outcome> error;
    auto done = each(fold, range, [&](const Value&, const Value&) -> std::optional<Outcome> {
      Outcome value = run(*fold.body);
      if (frame_.spent()) return frame_.exhausted();
      if (const bool* truth = value ? value->get<bool>() : nullptr) {
        if (*truth != all) return value;
      } else if (!error) {
        error = value ? Outcome(no_such_overload()) : std::move(value);
      }
      return std::nullopt;
    });
    if (done) return *std::move(done);
    return error ? *std::move(error) : boolean(all);
  }

  Outcome exactly_one(const Fold& fold, const Value& range) {
    size_t count = 0;
    auto done = each(fold, range, [&](const Value&, const Value&) -> std::optional<Outcome> {
      Outcome value = run(*fold.body);
      if (!value) return value;
      const bool* truth = value->get<bool>();
      if (truth == nullptr) return no_such_overload();
      count += *truth ? 1 : 0;
      return std::nullopt;
    });
    return done ? *std::move(done) : boolean(count == 1);
  }

  // The values of the body, each paid for.
  std::optional<Outcome> collect(const Fold& fold, const Value& range, std::vector<Value>& out,
                                 std::vector<Value>* of) {
    return each(fold, range, [&](const Value&, const Value& element) -> std::optional<Outcome> {
      Outcome value = run(*fold.body);
      if (!value) return value;
      if (!frame_.spend(0, 2 * kBytesOfElement)) return frame_.exhausted();
      out.push_back(*std::move(value));
      if (of != nullptr) of->push_back(element);
      return std::nullopt;
    });
  }

  Outcome collected(const Fold& fold, const Value& range) {
    std::vector<Value> out;
    auto done = collect(fold, range, out, nullptr);
    return done ? *std::move(done) : list(std::move(out));
  }

  Outcome sorted(const Fold& fold, const Value& range) {
    if (range.kind() != Kind::kList) return no_such_overload();
    std::vector<Value> keys;
    std::vector<Value> values;
    auto done = collect(fold, range, keys, &values);
    return done ? *std::move(done) : sorted_by(frame_, values, keys);
  }

  Outcome mapped(const Fold& fold, const Value& range) {
    Entries out;
    int64_t index = -1;
    const bool is_list = range.kind() == Kind::kList;
    auto done = each(fold, range, [&](const Value& key, const Value&) -> std::optional<Outcome> {
      ++index;
      Outcome value = run(*fold.body);
      if (!value) return value;
      if (fold.mode == Fold::Mode::kMap)
        return insert(out, is_list && fold.second.empty() ? Value{index} : key, *std::move(value));
      const auto* entry = value->get<Map>();
      if (entry == nullptr) return no_such_overload();
      for (const auto& [name, item] : entry->entries->all())
        if (auto failure = insert(out, name, item)) return failure;
      return std::nullopt;
    });
    return done ? *std::move(done) : map(std::move(out));
  }

  Frame& frame_;
};

}  // namespace

Outcome evaluate(Frame& frame, const Node& node) { return Evaluator(frame).run(node); }

}  // namespace tripline::cel
