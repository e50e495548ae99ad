// SPDX-License-Identifier: Apache-2.0
#include "abi/value.h"
#include "object/object.h"

namespace tripline {

uint32_t field_size(FieldType type) {
  switch (type) {
#define TRIPLINE_FIELD_SIZE(name, layout)   \
  case FieldType::name:                     \
    static_assert(sizeof(layout) % 8 == 0); \
    return sizeof(layout);
    TRIPLINE_FIELD_TYPES(TRIPLINE_FIELD_SIZE)
#undef TRIPLINE_FIELD_SIZE
  }
  return 0;
}

bool SelectorInfo::operator==(const SelectorInfo& other) const {
  const bool same_reason = reason && other.reason ? *reason == *other.reason : reason == other.reason;
  return action == other.action && counter == other.counter && label == other.label &&
         target == other.target && same_reason;
}

}  // namespace tripline
