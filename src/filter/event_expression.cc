// SPDX-License-Identifier: Apache-2.0
#include "filter/event_expression.h"

#include <algorithm>
#include <utility>

#include "cel/mistake.h"
#include "cel/type.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

const google::protobuf::OneofDescriptor& events() {
  return *tetragon::GetEventsResponse::descriptor()->FindOneofByName("event");
}

// Enough for a filter over an event, and too little to hold up the others.
constexpr cel::Budget kBudget{.steps = 50'000, .bytes = int64_t{4} << 20};

}  // namespace

std::shared_ptr<const cel::Environment> event_environment(bool strings) {
  std::vector<cel::Declared> variables;
  for (int at = 0; at < events().field_count(); ++at) {
    const google::protobuf::FieldDescriptor& field = *events().field(at);
    variables.push_back(
        {field.name(),
         cel::Type{.kind = cel::Type::Kind::kMessage, .name = field.message_type()->full_name(), .of = {}}});
  }
  return std::make_shared<const cel::Environment>("tetragon", std::move(variables), strings);
}

std::vector<std::optional<cel::Value>> event_variables(const tetragon::GetEventsResponse& message) {
  std::vector<std::optional<cel::Value>> out(static_cast<size_t>(events().field_count()));
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (const auto* field = reflection.GetOneofFieldDescriptor(message, &events()))
    out[static_cast<size_t>(field->index_in_oneof())] =
        cel::Value{cel::MessageRef{&reflection.GetMessage(message, field), nullptr}};
  return out;
}

EventExpression::EventExpression(cel::Program program) : program_(std::move(program)) {
  for (const uint32_t variable : program_.variables())
    types_.push_back(events().field(static_cast<int>(variable))->number());
}

std::expected<EventExpression, std::string> EventExpression::compile(
    std::shared_ptr<const cel::Environment> environment, std::string_view text) {
  if (text.size() > kLongest)
    return std::unexpected("error compiling CEL expression: it has more than " + std::to_string(kLongest) +
                           " bytes");
  auto program = cel::Program::compile(std::move(environment), text);
  if (!program)
    return std::unexpected("error compiling CEL expression: " + cel::to_text(program.error(), text));
  if (program->type().kind != cel::Type::Kind::kBool)
    return std::unexpected("error compiling CEL expression: got \"" + cel::to_text(program->type()) +
                           "\", wanted \"bool\" result type");
  return EventExpression(*std::move(program));
}

bool EventExpression::names(int type) const { return std::ranges::find(types_, type) != types_.end(); }

bool EventExpression::holds(const tetragon::GetEventsResponse& message) const {
  const cel::Outcome value = program_.evaluate(event_variables(message), kBudget);
  const bool* truth = value ? value->get<bool>() : nullptr;
  return truth != nullptr && *truth;
}

}  // namespace tripline
