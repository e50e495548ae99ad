// SPDX-License-Identifier: Apache-2.0
// Layouts of records with every type of field.
#pragma once

#include <cstdint>
#include <vector>

#include "event/decode.h"

namespace tripline::fuzz {

// One schema for each type of field and half, one with all types for each kind of event, and at the end one for the entry of
// a call and one for its return.
inline SchemaTable all_schemas() {
  SchemaTable schemas;
  uint32_t id = 0;
  const auto add = [&](const std::vector<FieldType>& types, EventKind kind, Half half) {
    Schema schema{.id = id++, .kind = kind, .policy = "p", .function = "f", .half = half};
    schema.fixed_size = half == Half::kReturn ? sizeof(tl_return) : sizeof(tl_record);
    for (const FieldType type : types) {
      schema.fields.push_back(
          {type, schema.fixed_size, "l", half == Half::kReturn ? FieldPlace::kReturn : FieldPlace::kArgs, 0});
      schema.fixed_size += field_size(type);
    }
    schema.selectors.resize(2);
    schemas.add(std::move(schema));
  };
  std::vector<FieldType> all;
#define TRIPLINE_ADD_TYPE(name, layout) all.push_back(FieldType::name);
  TRIPLINE_FIELD_TYPES(TRIPLINE_ADD_TYPE)
#undef TRIPLINE_ADD_TYPE
  add(all, EventKind::kKprobe, Half::kWhole);
  add(all, EventKind::kTracepoint, Half::kWhole);
  add(all, EventKind::kLsm, Half::kWhole);
  for (const FieldType type : all) {
    add({type}, EventKind::kKprobe, Half::kReturn);
    add({type}, EventKind::kKprobe, Half::kWhole);
  }
  for (const EventKind kind : {EventKind::kUprobe, EventKind::kUsdt, EventKind::kLoader})
    add(all, kind, Half::kWhole);
  for (const Half half : {Half::kEntry, Half::kReturn}) add({FieldType::kInt}, EventKind::kKprobe, half);
  return schemas;
}

}  // namespace tripline::fuzz
