// SPDX-License-Identifier: Apache-2.0
#include "event/payload.h"

#include <algorithm>
#include <utility>

#include "event/argument.h"
#include "event/text.h"

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

template <typename Kind>
Kind& one_of(Payload& payload) {
  Kind* const same = std::get_if<Kind>(&payload);
  return same ? *same : payload.emplace<Kind>();
}

// What all kinds have in common.
template <typename Kind>
void set_common(Kind& event, const HookRecord& record) {
  const Schema& schema = *record.schema;
  event.action = action_of(schema.selectors[record.selector].action);
  event.policy = schema.policy;
  event.message = schema.message;
  if (!event.tags.empty() || !schema.tags.empty()) event.tags = schema.tags;
  event.args.clear();
}

void set_kprobe(ProcessKprobe& kprobe, const HookRecord& record) {
  set_common(kprobe, record);
  kprobe.function = record.schema->function;
  kprobe.return_action = Action::kPost;
  kprobe.data.clear();
  kprobe.returned.reset();
  kprobe.kernel_stack.clear();
  kprobe.user_stack.clear();
  std::vector<Argument> returned;
  add_arguments(record, [&](FieldPlace place) -> std::vector<Argument>* {
    if (place == FieldPlace::kArgs) return &kprobe.args;
    if (place == FieldPlace::kData) return &kprobe.data;
    return place == FieldPlace::kReturn ? &returned : nullptr;
  });
  if (!returned.empty()) kprobe.returned = Argument{std::move(returned.front().value), {}};
}

void set_tracepoint(ProcessTracepoint& tracepoint, const HookRecord& record) {
  set_common(tracepoint, record);
  tracepoint.subsys = record.schema->subsystem;
  tracepoint.event = record.schema->function;
  add_arguments(record,
                [&](FieldPlace place) { return place == FieldPlace::kArgs ? &tracepoint.args : nullptr; });
}

void set_lsm(ProcessLsm& lsm, const HookRecord& record) {
  const Schema& schema = *record.schema;
  set_common(lsm, record);
  lsm.function = schema.function;
  lsm.ima_hash.clear();
  add_arguments(record, [&](FieldPlace place) { return place == FieldPlace::kArgs ? &lsm.args : nullptr; });
  for (size_t at = 0; at < record.fields.size(); at++)
    if (schema.fields[at].type == FieldType::kImaHash) lsm.ima_hash = ima_hash_text(record.fields[at]);
}

// What is returned is shown behind the arguments.
void set_uprobe(ProcessUprobe& uprobe, const HookRecord& record) {
  const Schema& schema = *record.schema;
  set_common(uprobe, record);
  uprobe.path = schema.path;
  uprobe.symbol = schema.function;
  uprobe.offset = schema.offset;
  uprobe.ref_ctr_offset = schema.semaphore;
  uprobe.data.clear();
  add_arguments(record, [&](FieldPlace place) -> std::vector<Argument>* {
    if (place == FieldPlace::kArgs || place == FieldPlace::kReturn) return &uprobe.args;
    return place == FieldPlace::kData ? &uprobe.data : nullptr;
  });
}

void set_usdt(ProcessUsdt& usdt, const HookRecord& record) {
  set_common(usdt, record);
  usdt.path = record.schema->path;
  usdt.provider = record.schema->subsystem;
  usdt.name = record.schema->function;
  add_arguments(record, [&](FieldPlace place) { return place == FieldPlace::kArgs ? &usdt.args : nullptr; });
}

void set_loader(ProcessLoader& loader, const HookRecord& record) {
  loader = {};
  for (const FieldValue& value : record.fields) {
    if (std::holds_alternative<tl_path>(value.fixed)) loader.path = to_valid_utf8(value.bytes);
    const auto* id = std::get_if<tl_build_id>(&value.fixed);
    if (id != nullptr) loader.build_id = build_id_of(*id);
  }
}

}  // namespace

std::string build_id_of(const tl_build_id& id) {
  return {reinterpret_cast<const char*>(id.id), std::min<size_t>(id.known, TL_BUILD_ID_MAX)};
}

Action action_of(ActionName name) {
  switch (name) {
#define TRIPLINE_ACTION_OF(action, ...) \
  case ActionName::action:              \
    return Action::action;
    TRIPLINE_ACTIONS(TRIPLINE_ACTION_OF)
#undef TRIPLINE_ACTION_OF
  }
  return Action::kUnknown;
}

void set_kind(Payload& payload, const HookRecord& record) {
  const auto set = [&]<typename Kind>(Kind& event) { event.policy = record.schema->policy; };
  switch (record.schema->kind) {
    case EventKind::kKprobe:
      return set(one_of<ProcessKprobe>(payload));
    case EventKind::kTracepoint:
      return set(one_of<ProcessTracepoint>(payload));
    case EventKind::kLsm:
      return set(one_of<ProcessLsm>(payload));
    case EventKind::kUprobe:
      return set(one_of<ProcessUprobe>(payload));
    case EventKind::kUsdt:
      return set(one_of<ProcessUsdt>(payload));
    case EventKind::kLoader:
      one_of<ProcessLoader>(payload);
      return;
  }
}

void set_payload(Payload& payload, const HookRecord& record) {
  switch (record.schema->kind) {
    case EventKind::kKprobe:
      return set_kprobe(one_of<ProcessKprobe>(payload), record);
    case EventKind::kTracepoint:
      return set_tracepoint(one_of<ProcessTracepoint>(payload), record);
    case EventKind::kLsm:
      return set_lsm(one_of<ProcessLsm>(payload), record);
    case EventKind::kUprobe:
      return set_uprobe(one_of<ProcessUprobe>(payload), record);
    case EventKind::kUsdt:
      return set_usdt(one_of<ProcessUsdt>(payload), record);
    case EventKind::kLoader:
      return set_loader(one_of<ProcessLoader>(payload), record);
  }
}

Payload payload_of(const HookRecord& record) {
  Payload payload;
  set_payload(payload, record);
  return payload;
}

}  // namespace tripline
