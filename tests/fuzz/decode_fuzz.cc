// SPDX-License-Identifier: Apache-2.0
// Any bytes are a record: decode_record must answer without reading outside, and of what it decodes the
// payload must be made. The schemas hold every type of field.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "event/decode.h"
#include "event/payload.h"

namespace {

using namespace tripline;

void require(bool holds) {
  if (!holds) std::abort();
}

// One schema for each type of field, kind of event and half, and one with all types.
SchemaTable all_schemas() {
  SchemaTable schemas;
  uint32_t id = 0;
  auto add = [&](const std::vector<FieldType>& types, EventKind kind, Half half) {
    Schema schema{.id = id++, .kind = kind, .function = "f", .half = half};
    schema.fixed_size = half == Half::kReturn ? sizeof(tl_return) : sizeof(tl_record);
    for (FieldType type : types) {
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
  for (FieldType type : all) {
    add({type}, EventKind::kKprobe, Half::kReturn);
    add({type}, EventKind::kKprobe, Half::kWhole);
  }
  return schemas;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const SchemaTable kSchemas = all_schemas();
  std::vector<std::byte> bytes(size);
  if (size != 0) std::memcpy(bytes.data(), data, size);
  // The size is the first thing that is checked; a right one lets the rest be seen.
  if (size >= sizeof(uint32_t) && size % 2 == 0) {
    auto right = static_cast<uint32_t>(size);
    std::memcpy(bytes.data(), &right, sizeof(right));
  }
  auto record = decode_record(bytes, kSchemas);
  if (!record) return 0;
  const auto* hook = std::get_if<HookRecord>(&*record);
  if (!hook) return 0;
  require(hook->fields.size() == hook->schema->fields.size());
  const Payload payload = payload_of(*hook);
  require(payload.index() == payload_of(*hook).index());
  return 0;
}
