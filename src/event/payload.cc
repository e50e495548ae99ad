// SPDX-License-Identifier: Apache-2.0
#include "event/payload.h"

#include <utility>

#include "event/argument.h"

namespace tripline {
namespace {

// Adds each argument to the list that `list` says its place has, if any.
template <typename List>
void add_arguments(const HookRecord& record, const List& list) {
  const Schema& schema = *record.schema;
  for (size_t at = 0; at < record.fields.size(); at++) {
    std::vector<Argument>* const args = list(schema.fields[at].place);
    if (args == nullptr) continue;
    if (args->empty()) args->reserve(record.fields.size() - at);
    append_arguments(*args, schema.fields[at], record.fields[at], schema.kind);
  }
}

void set_kprobe(ProcessKprobe& kprobe, const HookRecord& record) {
  const Schema& schema = *record.schema;
  kprobe.function = schema.function;
  kprobe.action = action_of(schema.selectors[record.selector].action);
  kprobe.policy = schema.policy;
  kprobe.message = schema.message;
  kprobe.tags = schema.tags;
  std::vector<Argument> returned;
  add_arguments(record, [&](FieldPlace place) -> std::vector<Argument>* {
    if (place == FieldPlace::kArgs) return &kprobe.args;
    if (place == FieldPlace::kData) return &kprobe.data;
    return place == FieldPlace::kReturn ? &returned : nullptr;
  });
  if (!returned.empty()) kprobe.returned = Argument{std::move(returned.front().value), {}};
}

// What tracepoints and LSM hooks have in common.
template <typename Kind>
void set_common(Kind& event, const HookRecord& record) {
  const Schema& schema = *record.schema;
  event.action = action_of(schema.selectors[record.selector].action);
  event.policy = schema.policy;
  event.message = schema.message;
  event.tags = schema.tags;
  add_arguments(record, [&](FieldPlace place) { return place == FieldPlace::kArgs ? &event.args : nullptr; });
}

void set_tracepoint(ProcessTracepoint& tracepoint, const HookRecord& record) {
  tracepoint.subsys = record.schema->subsystem;
  tracepoint.event = record.schema->function;
  set_common(tracepoint, record);
}

void set_lsm(ProcessLsm& lsm, const HookRecord& record) {
  const Schema& schema = *record.schema;
  lsm.function = schema.function;
  set_common(lsm, record);
  for (size_t at = 0; at < record.fields.size(); at++)
    if (schema.fields[at].type == FieldType::kImaHash) lsm.ima_hash = ima_hash_text(record.fields[at]);
}

}  // namespace

Action action_of(ActionName name) {
  switch (name) {
    case ActionName::kPost:
      return Action::kPost;
    case ActionName::kNoPost:
      return Action::kNoPost;
    case ActionName::kSigkill:
      return Action::kSigkill;
    case ActionName::kSignal:
      return Action::kSignal;
    case ActionName::kOverride:
      return Action::kOverride;
    case ActionName::kGetUrl:
      return Action::kGetUrl;
    case ActionName::kDnsLookup:
      return Action::kDnsLookup;
    case ActionName::kTrackSock:
      return Action::kTrackSock;
    case ActionName::kUntrackSock:
      return Action::kUntrackSock;
    case ActionName::kSet:
      return Action::kSet;
  }
  return Action::kUnknown;
}

void set_payload(Payload& payload, const HookRecord& record) {
  switch (record.schema->kind) {
    case EventKind::kKprobe:
      return set_kprobe(payload.emplace<ProcessKprobe>(), record);
    case EventKind::kTracepoint:
      return set_tracepoint(payload.emplace<ProcessTracepoint>(), record);
    case EventKind::kLsm:
      return set_lsm(payload.emplace<ProcessLsm>(), record);
  }
}

Payload payload_of(const HookRecord& record) {
  Payload payload;
  set_payload(payload, record);
  return payload;
}

}  // namespace tripline
