// SPDX-License-Identifier: Apache-2.0
#include "serve/expression.h"

#include <memory>
#include <utility>

#include "cel/mistake.h"
#include "cel/print.h"
#include "filter/event_expression.h"
#include "serve/message.h"
#include "serve/message_json.h"
#include "tetragon/events.pb.h"

namespace tripline {

std::function<std::expected<Matcher, std::string>(const std::string& expression)> cel_compiler(Node node) {
  return [node = std::move(node), environment = event_environment(false)](
             const std::string& text) -> std::expected<Matcher, std::string> {
    auto compiled = EventExpression::compile(environment, text);
    if (!compiled) return std::unexpected(std::move(compiled).error());
    const auto expression = std::make_shared<const EventExpression>(*std::move(compiled));
    return [expression, node](const Subject& subject) {
      if (!expression->names(subject.type)) return false;
      if (subject.message != nullptr) return expression->holds(*subject.message);
      if (!subject.made) {
        const auto made = std::make_shared<tetragon::GetEventsResponse>();
        to_message(*subject.event, node, *made);
        subject.made = made;
      }
      return expression->holds(*subject.made);
    };
  };
}

Evaluated evaluate_expression(std::string_view expression, std::optional<std::string_view> json) {
  tetragon::GetEventsResponse event;
  if (json && !message_from_json(*json, event))
    return {Evaluated::Kind::kFailed, "the event is not JSON of an event"};
  const auto program = cel::Program::compile(event_environment(true), expression);
  if (!program) return {Evaluated::Kind::kWrong, cel::to_text(program.error(), expression)};
  const cel::Outcome value = program->evaluate(event_variables(event));
  if (!value) return {Evaluated::Kind::kFailed, value.error()};
  return {Evaluated::Kind::kValue, cel::printed(*value)};
}

}  // namespace tripline
