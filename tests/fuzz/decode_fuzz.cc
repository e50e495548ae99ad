// SPDX-License-Identifier: Apache-2.0
// Any bytes are a record: decode_record must answer without reading outside, and of what it decodes the
// payload must be made. The schemas hold every type of field.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "event/decode.h"
#include "event/payload.h"
#include "fuzz/input.h"
#include "fuzz/schemas.h"

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tripline;
  using fuzz::require;
  static const SchemaTable kSchemas = fuzz::all_schemas();
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
