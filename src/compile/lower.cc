// SPDX-License-Identifier: Apache-2.0
#include "compile/lower.h"

#include <algorithm>

#include "abi/record.h"
#include "compile/builder.h"
#include "compile/facts.h"
#include "compile/filter.h"
#include "compile/hold.h"
#include "compile/judge/judge.h"
#include "compile/judge/record.h"
#include "compile/leftovers.h"
#include "compile/present.h"
#include "compile/reason.h"
#include "compile/scopes.h"
#include "compile/values.h"

namespace tripline {
namespace {

EventKind event_kind(HookKind kind) {
  switch (kind) {
    case HookKind::kKprobe:
    case HookKind::kFentry:
      return EventKind::kKprobe;
    case HookKind::kTracepoint:
      return EventKind::kTracepoint;
    case HookKind::kLsm:
      return EventKind::kLsm;
    case HookKind::kUprobe:
      return EventKind::kUprobe;
    case HookKind::kUsdt:
      return EventKind::kUsdt;
    case HookKind::kLoader:
      return EventKind::kLoader;
  }
  return EventKind::kKprobe;
}

void add_field(Schema& schema, const CheckedArg& arg) {
  Field field{.type = field_type_of(arg.type), .offset = schema.fixed_size, .label = arg.label};
  if (arg.max_data) field.extent = Extent::kAll;
  if (arg.place == ArgPlace::kData) field.place = FieldPlace::kData;
  if (arg.source.kind == ArgSource::Kind::kResult) field.place = FieldPlace::kReturn;
  schema.fixed_size += field_size(field.type);
  schema.fields.push_back(std::move(field));
}

bool asks_for(const CheckedHook& hook, bool CheckedAction::* stack) {
  return std::ranges::any_of(hook.selectors, [&](const CheckedSelector& selector) {
    return std::ranges::any_of(selector.actions, stack);
  });
}

// Behind the arguments; empty in records of selectors that do not ask.
void add_stacks(Schema& schema, const CheckedHook& hook) {
  for (const auto& [type, stack] : {std::pair{FieldType::kKernelStack, &CheckedAction::kernel_stack},
                                    std::pair{FieldType::kUserStack, &CheckedAction::user_stack}}) {
    if (!asks_for(hook, stack)) continue;
    schema.fields.push_back({.type = type, .offset = schema.fixed_size, .place = FieldPlace::kEvent});
    schema.fixed_size += field_size(type);
  }
}

// Last, because its bytes come last: when all else of the record is written.
void add_hash(Schema& schema, const CheckedHook& hook) {
  if (!shows_hash(hook)) return;
  schema.fields.push_back(
      {.type = FieldType::kImaHash, .offset = schema.fixed_size, .place = FieldPlace::kEvent});
  schema.fixed_size += field_size(FieldType::kImaHash);
}

// Which build of it a file of code holds.
void add_build_id(Schema& schema, const CheckedHook& hook) {
  if (hook.kind != HookKind::kLoader) return;
  schema.fields.push_back(
      {.type = FieldType::kBuildId, .offset = schema.fixed_size, .place = FieldPlace::kEvent});
  schema.fixed_size += field_size(FieldType::kBuildId);
}

// A value that is read at the return takes the place of the one that the entry left open.
void place_copies(Schema& schema, const HookSection& section) {
  std::vector<uint32_t> positions;
  uint32_t position = 0;
  for (const CheckedArg& arg : section.policy->hooks[section.hook].args) {
    if (arg.place != ArgPlace::kArgs || !is_shown(arg)) continue;
    if (arg.return_copy) positions.push_back(position);
    ++position;
  }
  size_t copy = 0;
  for (Field& field : schema.fields) {
    if (field.place != FieldPlace::kArgs || copy == positions.size()) continue;
    field.place = FieldPlace::kCopied;
    field.position = positions[copy++];
  }
}

Schema schema_of(const HookPlan& plan, const Numbering& numbering, size_t n, uint32_t first_counter) {
  const HookSection& section = plan.sections[n];
  const CheckedHook& hook = section.section();
  Schema out;
  out.id = numbering.first_schema + static_cast<uint32_t>(n) * schemas_of_section(plan);
  out.kind = event_kind(hook.kind);
  out.policy = section.policy->name;
  out.policy_namespace = section.policy->namespace_name;
  out.call = hook.call;
  out.function = shown_function(hook);
  if (const auto* tracepoint = std::get_if<target::Tracepoint>(&hook.target))
    out.subsystem = tracepoint->subsystem;
  if (const auto* code = std::get_if<target::UserCode>(&hook.target)) {
    out.subsystem = hook.provider;
    out.path = code->file.path;
    if (hook.kind == HookKind::kUsdt) out.function = hook.call;
  }
  out.message = hook.message;
  out.tags = hook.tags;
  out.section_index = hook.index;
  if (is_return(plan.attachment)) {
    out.half = Half::kReturn;
  } else if (waits_for_return(hook)) {
    out.half = Half::kEntry;
  }
  if (out.half != Half::kWhole) out.pair = pair_of(plan, numbering, n);
  out.fixed_size = out.half == Half::kReturn ? sizeof(tl_return) : sizeof(tl_record);
  for (const CheckedArg& arg : hook.args) {
    if (is_shown(arg)) add_field(out, arg);
  }
  if (out.half == Half::kReturn) place_copies(out, section);
  if (shows_owner(*section.policy, hook)) {
    out.fields.push_back({.type = FieldType::kOwner, .offset = out.fixed_size, .place = FieldPlace::kEvent});
    out.fixed_size += field_size(FieldType::kOwner);
  }
  add_build_id(out, hook);
  add_stacks(out, hook);
  add_hash(out, hook);
  for (size_t number = 0; number < hook.selectors.size(); ++number) {
    const CheckedSelector& selector = hook.selectors[number];
    const CheckedAction& last = selector.actions.back();
    out.selectors.push_back(
        {last.kind, first_counter++, selector.label, last.target, reason_of(section, number)});
  }
  return out;
}

// Documents of all sections, and the number of each section's.
struct Documents {
  std::vector<std::string> names;
  std::vector<uint32_t> of_section;
};

Documents documents_of(const HookPlan& plan) {
  Documents out;
  for (const HookSection& section : plan.sections) {
    const std::string& name = section.policy->source_name;
    const auto known = std::ranges::find(out.names, name);
    out.of_section.push_back(static_cast<uint32_t>(known - out.names.begin()));
    if (known == out.names.end()) out.names.push_back(name);
  }
  return out;
}

}  // namespace

namespace {

// What events say of a place of a file: as the section names it, since several can give it different names.
void name_place(Schema& schema, const CheckedHook& hook, const target::UserPlace& place) {
  if (hook.kind != HookKind::kUprobe) return;
  const auto& places = std::get<target::UserCode>(hook.target).places;
  const auto own = std::ranges::find(places, place);
  if (own == places.end()) return;  // never: the plan has the places of its sections
  schema.function = own->name;
  schema.offset = own->name.empty() ? own->offset : 0;
  schema.semaphore = own->semaphore;
}

}  // namespace

std::vector<Schema> for_each_function(const HookPlan& plan, std::vector<Schema> schemas) {
  const auto* functions = std::get_if<target::Functions>(&plan.target);
  const auto* code = std::get_if<target::UserCode>(&plan.target);
  if (functions == nullptr && code == nullptr) return schemas;
  std::vector<Schema> out;
  const uint32_t count = functions_of(plan.target);
  out.reserve(schemas.size() * count);
  for (size_t section = 0; section < schemas.size(); ++section) {
    for (uint32_t n = 0; n < count; ++n) {
      Schema& own = out.emplace_back(schemas[section]);
      own.id += n;
      if (functions != nullptr) own.function = function_named(functions->names[n]).name;
      if (code != nullptr) name_place(own, plan.sections[section].section(), code->places[n]);
    }
  }
  return out;
}

Lowered lower(const HookPlan& plan, const Kernel& kernel, const Numbering& given) {
  const Numbering numbering = with_scopes(with_facts(given, plan), plan);
  Lowered out;
  uint32_t counter = numbering.first_counter;
  for (size_t n = 0; n < plan.sections.size(); ++n) {
    out.schemas.push_back(schema_of(plan, numbering, n, counter));
    counter += static_cast<uint32_t>(plan.sections[n].section().selectors.size());
  }
  const Documents documents = documents_of(plan);
  const std::string hook = std::string(attachment_name(plan.attachment)) + " " + full_name(plan.target);
  const ir::Entry entry = entry_of(plan.attachment);

  Builder filter(hook, entry, documents.names);
  const Label maybe = filter.label("maybe");
  const Label no = filter.label("no");
  write_leftovers(filter, plan, numbering);
  out.filter_plan = write_filter(filter, plan, kernel, *numbering.facts, *numbering.scopes, maybe, no);
  filter.finish_block();
  filter.place(maybe);
  if (waits_for_memory(plan, kernel)) {
    write_present(filter, plan, kernel);
    const Label present = filter.label("present");
    filter.jump(present);
    filter.place(present);
  }
  const ir::Value verdict = filter.value();
  filter.call(verdict, ir::Callee::tl_judge, {});
  if (takes_hashes(plan)) {
    // Records wait for a hash. The judge has given its memory back, and preemption is on: now there is time for it.
    const Label judged = filter.label("judged");
    filter.jump(judged);
    filter.place(judged);
    const bool program = short_name(plan.target).starts_with("bprm_");
    filter.call(program ? ir::Callee::tl_hash_send_program : ir::Callee::tl_hash_send, {});
  }
  filter.finish_block(verdict);
  out.filter = filter.finish();
  hold(out.filter, hold_of(plan.attachment, kernel));

  Builder judge(hook + " judge", entry, documents.names);
  write_judge(judge, {plan, out.schemas, documents.of_section, kernel, numbering});
  out.judge = judge.finish();
  return out;
}

}  // namespace tripline
