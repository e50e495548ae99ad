// SPDX-License-Identifier: Apache-2.0
#include "event/payload.h"

#include <utility>

#include "event/argument.h"

namespace tripline {
namespace {

// The arguments of one place.
std::vector<Argument> arguments_at(const HookRecord& record, FieldPlace place) {
  const Schema& schema = *record.schema;
  std::vector<Argument> args;
  for (size_t at = 0; at < record.fields.size(); at++)
    if (schema.fields[at].place == place)
      append_arguments(args, schema.fields[at], record.fields[at], schema.kind);
  return args;
}

Payload kprobe_of(const HookRecord& record) {
  const Schema& schema = *record.schema;
  ProcessKprobe kprobe{.function = schema.function,
                       .args = arguments_at(record, FieldPlace::kArgs),
                       .data = arguments_at(record, FieldPlace::kData),
                       .returned = std::nullopt,
                       .action = action_of(schema.selectors[record.selector].action),
                       .return_action = Action::kPost,
                       .kernel_stack = {},
                       .user_stack = {},
                       .policy = schema.policy,
                       .message = schema.message,
                       .tags = schema.tags};
  std::vector<Argument> returned = arguments_at(record, FieldPlace::kReturn);
  if (!returned.empty()) kprobe.returned = Argument{std::move(returned.front().value), {}};
  return kprobe;
}

Payload tracepoint_of(const HookRecord& record) {
  const Schema& schema = *record.schema;
  return ProcessTracepoint{.subsys = schema.subsystem,
                           .event = schema.function,
                           .args = arguments_at(record, FieldPlace::kArgs),
                           .action = action_of(schema.selectors[record.selector].action),
                           .policy = schema.policy,
                           .message = schema.message,
                           .tags = schema.tags};
}

Payload lsm_of(const HookRecord& record) {
  const Schema& schema = *record.schema;
  ProcessLsm lsm{.function = schema.function,
                 .args = arguments_at(record, FieldPlace::kArgs),
                 .action = action_of(schema.selectors[record.selector].action),
                 .ima_hash = {},
                 .policy = schema.policy,
                 .message = schema.message,
                 .tags = schema.tags};
  for (size_t at = 0; at < record.fields.size(); at++)
    if (schema.fields[at].type == FieldType::kImaHash) lsm.ima_hash = ima_hash_text(record.fields[at]);
  return lsm;
}

}  // namespace

Action action_of(ActionName name) {
  switch (name) {
#define TRIPLINE_ACTION_OF(action, ...) \
  case ActionName::action:              \
    return Action::action;
    TRIPLINE_ACTIONS(TRIPLINE_ACTION_OF, TRIPLINE_NO_ACTION)
#undef TRIPLINE_ACTION_OF
  }
  return Action::kUnknown;
}

Payload payload_of(const HookRecord& record) {
  switch (record.schema->kind) {
    case EventKind::kKprobe:
      return kprobe_of(record);
    case EventKind::kTracepoint:
      return tracepoint_of(record);
    case EventKind::kLsm:
      return lsm_of(record);
  }
  return kprobe_of(record);
}

}  // namespace tripline
