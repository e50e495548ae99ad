// SPDX-License-Identifier: Apache-2.0
#include "cel/prepared.h"

#include <memory>
#include <utility>

namespace tripline::cel {
namespace {

const Text* literal_text(const Node& node) {
  const auto* literal = std::get_if<Literal>(&node.is);
  return literal == nullptr ? nullptr : literal->value.get<Text>();
}

void prepare_call(Call& call) {
  if (call.arguments.size() != 2) return;
  const Text* text = literal_text(*call.arguments[1]);
  if (text == nullptr) return;
  if (call.function == "matches") {
    if (auto pattern = Pattern::compile(text->view))
      call.prepared = std::make_shared<const Prepared>(Prepared{*std::move(pattern)});
  } else if (call.function.starts_with("get")) {
    if (auto zone = Zone::find(text->view))
      call.prepared = std::make_shared<const Prepared>(Prepared{*std::move(zone)});
  }
}

void prepare_all(NodePtr& node) {
  if (node) prepare(*node);
}

void below(Literal& /*form*/) {}
void below(Name& /*form*/) {}
void below(Local& /*form*/) {}
void below(Variable& /*form*/) {}
void below(Select& form) { prepare_all(form.operand); }
void below(Call& form) {
  for (NodePtr& each : form.arguments) prepare_all(each);
  prepare_call(form);
}
void below(Logic& form) {
  for (NodePtr& each : form.operands) prepare_all(each);
}
void below(Choice& form) {
  prepare_all(form.condition);
  prepare_all(form.yes);
  prepare_all(form.no);
}
void below(MakeList& form) {
  for (MakeList::Element& each : form.elements) prepare_all(each.value);
}
void below(MakeMap& form) {
  for (MakeMap::Entry& each : form.entries) {
    prepare_all(each.key);
    prepare_all(each.value);
  }
}
void below(MakeMessage& form) {
  for (MakeMessage::Field& each : form.fields) prepare_all(each.value);
}
void below(Fold& form) {
  prepare_all(form.range);
  prepare_all(form.filter);
  prepare_all(form.body);
}
void below(Let& form) {
  for (NodePtr& each : form.values) prepare_all(each);
  prepare_all(form.body);
}
void below(OptionalMap& form) {
  prepare_all(form.target);
  prepare_all(form.body);
}

}  // namespace

void prepare(Node& node) {
  std::visit([](auto& form) { below(form); }, node.is);
}

}  // namespace tripline::cel
