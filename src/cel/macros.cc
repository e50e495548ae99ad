// SPDX-License-Identifier: Apache-2.0
#include "cel/macros.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace tripline::cel {
namespace {

using Made = std::expected<Node, Mistake>;

std::unexpected<Mistake> refuse(uint32_t at, std::string message) {
  return std::unexpected(Mistake{at, std::move(message)});
}

// A simple name, as a variable of a macro must be. Absent when it is something else.
std::optional<std::string> simple_name(const Node& node) {
  const auto* name = std::get_if<Name>(&node.is);
  if (name == nullptr || name->absolute) return std::nullopt;
  return name->text;
}

struct FoldMacro {
  std::string_view name;
  size_t variables;
  size_t arguments;
  bool filtered;
  Fold::Mode mode;
};

constexpr auto kFolds = std::to_array<FoldMacro>({
    {"all", 1, 2, false, Fold::Mode::kAll},
    {"all", 2, 3, false, Fold::Mode::kAll},
    {"exists", 1, 2, false, Fold::Mode::kExists},
    {"exists", 2, 3, false, Fold::Mode::kExists},
    {"exists_one", 1, 2, false, Fold::Mode::kExistsOne},
    {"existsOne", 1, 2, false, Fold::Mode::kExistsOne},
    {"existsOne", 2, 3, false, Fold::Mode::kExistsOne},
    {"exists_one", 2, 3, false, Fold::Mode::kExistsOne},
    {"map", 1, 2, false, Fold::Mode::kList},
    {"map", 1, 3, true, Fold::Mode::kList},
    {"filter", 1, 2, true, Fold::Mode::kList},
    {"sortBy", 1, 2, false, Fold::Mode::kSortBy},
    {"transformList", 2, 3, false, Fold::Mode::kList},
    {"transformList", 2, 4, true, Fold::Mode::kList},
    {"transformMap", 2, 3, false, Fold::Mode::kMap},
    {"transformMap", 2, 4, true, Fold::Mode::kMap},
    {"transformMapEntry", 2, 3, false, Fold::Mode::kMapEntries},
    {"transformMapEntry", 2, 4, true, Fold::Mode::kMapEntries},
});

NodePtr name_node(const std::string& name, uint32_t at) {
  return std::make_unique<Node>(Node{Name{name}, at});
}

Made fold(const FoldMacro& macro, Call& call, uint32_t at) {
  Fold out{.mode = macro.mode, .range = std::move(call.target)};
  std::array<std::string*, 2> names{&out.first, &out.second};
  for (size_t which = 0; which < macro.variables; ++which) {
    const Node& argument = *call.arguments[which];
    std::optional<std::string> name = simple_name(argument);
    if (!name) return refuse(argument.at, "argument must be a simple name");
    *names[which] = *std::move(name);
  }
  if (out.first == out.second)
    return refuse(call.arguments[1]->at, "overlapping declaration for name '" + out.first + "'");
  if (macro.filtered) out.filter = std::move(call.arguments[macro.variables]);
  if (macro.name == "filter") {
    out.body = name_node(out.first, at);
  } else {
    out.body = std::move(call.arguments.back());
  }
  return Node{std::move(out), at};
}

Made has(Call& call, uint32_t at) {
  auto* select = call.arguments.size() == 1 ? std::get_if<Select>(&call.arguments[0]->is) : nullptr;
  if (select == nullptr || select->optional || select->test)
    return refuse(call.arguments.empty() ? at : call.arguments[0]->at, "invalid argument to has() macro");
  select->test = true;
  return std::move(*call.arguments[0]);
}

Made bind(Call& call, uint32_t at) {
  std::optional<std::string> name = simple_name(*call.arguments[0]);
  if (!name) return refuse(call.arguments[0]->at, "cel.bind() variable names must be simple identifiers");
  Let out;
  out.names.push_back(*std::move(name));
  out.values.push_back(std::move(call.arguments[1]));
  out.body = std::move(call.arguments[2]);
  return Node{std::move(out), at};
}

// Written as cel.index(2), and never by who writes expressions: optimizers make them.
std::string index_name(int64_t index) { return "@index" + std::to_string(index); }

Made block(Call& call, uint32_t at) {
  auto* values = std::get_if<MakeList>(&call.arguments[0]->is);
  if (values == nullptr)
    return refuse(call.arguments[0]->at, "cel.block requires the first arg to be a list literal");
  Let out;
  for (MakeList::Element& each : values->elements) {
    if (each.optional) return refuse(each.value->at, "cel.block elements cannot be optional");
    out.names.push_back(index_name(static_cast<int64_t>(out.names.size())));
    out.values.push_back(std::move(each.value));
  }
  out.body = std::move(call.arguments[1]);
  return Node{std::move(out), at};
}

std::optional<int64_t> small_number(const Node& node) {
  const auto* literal = std::get_if<Literal>(&node.is);
  const int64_t* number = literal == nullptr ? nullptr : literal->value.get<int64_t>();
  if (number == nullptr || *number < 0) return std::nullopt;
  return *number;
}

Made block_name(const Call& call, uint32_t at) {
  std::string name = call.function == "index" ? "@index" : call.function == "iterVar" ? "@it" : "@ac";
  for (size_t which = 0; which < call.arguments.size(); ++which) {
    const std::optional<int64_t> number = small_number(*call.arguments[which]);
    if (!number)
      return refuse(call.arguments[which]->at,
                    "cel." + call.function + " takes numbers that are written out");
    name += (call.function == "index" ? "" : ":") + std::to_string(*number);
  }
  return Node{Name{std::move(name)}, at};
}

Made optional_map(Call& call, uint32_t at) {
  std::optional<std::string> name = simple_name(*call.arguments[0]);
  if (!name)
    return refuse(call.arguments[0]->at, call.function + "() variable name must be a simple identifier");
  return Node{OptionalMap{.target = std::move(call.target),
                          .name = *std::move(name),
                          .body = std::move(call.arguments[1]),
                          .flat = call.function == "optFlatMap"},
              at};
}

}  // namespace

Made expand_macro(Node node) {
  Call& call = std::get<Call>(node.is);
  const size_t count = call.arguments.size();
  if (!call.target) return call.function == "has" ? has(call, node.at) : Made(std::move(node));
  if (simple_name(*call.target) == "cel") {
    if (call.function == "bind" && count == 3) return bind(call, node.at);
    if (call.function == "block" && count == 2) return block(call, node.at);
    if (call.function == "index" && count == 1) return block_name(call, node.at);
    if ((call.function == "iterVar" || call.function == "accuVar") && count == 2)
      return block_name(call, node.at);
  }
  for (const FoldMacro& macro : kFolds)
    if (macro.name == call.function && macro.arguments == count) return fold(macro, call, node.at);
  if ((call.function == "optMap" || call.function == "optFlatMap") && count == 2)
    return optional_map(call, node.at);
  return node;
}

}  // namespace tripline::cel
