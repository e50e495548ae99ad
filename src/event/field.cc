// SPDX-License-Identifier: Apache-2.0
#include "event/field.h"

#include <utility>

namespace tripline {
namespace {

constexpr size_t kWord = 8;  // bytes of an element of a list of numbers

// What bytes of variable length a type has.
enum class Variable : uint8_t { kNone, kAny, kWords };

Variable variable_part(FieldType type) {
  switch (type) {
    case FieldType::kString:
    case FieldType::kBytes:
    case FieldType::kFile:
    case FieldType::kPath:
    case FieldType::kLinuxBinprm:
    case FieldType::kSockaddrUn:
    case FieldType::kPerfEvent:
    case FieldType::kLoadInfo:
    case FieldType::kModule:
    case FieldType::kImaHash:
      return Variable::kAny;
    case FieldType::kLongs:
    case FieldType::kKernelStack:
    case FieldType::kUserStack:
      return Variable::kWords;
    case FieldType::kInt:
    case FieldType::kUint:
    case FieldType::kLong:
    case FieldType::kSize:
    case FieldType::kBpfCmd:
    case FieldType::kCapability:
    case FieldType::kSyscallId:
    case FieldType::kKernelCapT:
    case FieldType::kCapInheritable:
    case FieldType::kCapPermitted:
    case FieldType::kCapEffective:
    case FieldType::kSock:
    case FieldType::kSkb:
    case FieldType::kSockaddr:
    case FieldType::kCred:
    case FieldType::kUserNamespace:
    case FieldType::kBpfAttr:
    case FieldType::kBpfProg:
    case FieldType::kBpfMap:
    case FieldType::kOwner:
      return Variable::kNone;
  }
  return Variable::kNone;
}

bool fits(Variable variable, uint32_t size) {
  switch (variable) {
    case Variable::kNone:
      return size == 0;
    case Variable::kAny:
      return true;
    case Variable::kWords:
      return size % kWord == 0;
  }
  return false;
}

bool is_status(uint32_t status) { return status <= TL_VALUE_BUFFER_TOO_LARGE || status >= TL_VALUE_BAD_STEP; }

template <typename Layout>
bool read_fixed(FieldValue& value, ByteSpan fixed, uint32_t offset) {
  auto layout = read_layout<Layout>(fixed, offset);
  if (layout) value.fixed = *layout;
  return layout.has_value();
}

bool read_fixed(FieldValue& value, const Field& field, ByteSpan fixed) {
  switch (field.type) {
#define TRIPLINE_READ_FIELD(name, layout) \
  case FieldType::name:                   \
    return read_fixed<layout>(value, fixed, field.offset);
    TRIPLINE_FIELD_TYPES(TRIPLINE_READ_FIELD)
#undef TRIPLINE_READ_FIELD
  }
  return false;
}

}  // namespace

std::optional<std::string> take_bytes(ByteSpan& rest, uint32_t size) {
  if (rest.size() < size) return std::nullopt;
  std::string text(reinterpret_cast<const char*>(rest.data()), size);
  rest = rest.subspan(size);
  return text;
}

std::optional<FieldValue> decode_field(const Field& field, ByteSpan fixed, ByteSpan& rest) {
  auto head = read_layout<tl_field>(fixed, field.offset);
  if (!head || !fits(variable_part(field.type), head->size)) return std::nullopt;
  FieldValue value{.status = head->status, .fixed = {}, .bytes = {}};
  if (!is_status(head->status) || (head->status != TL_VALUE_OK && head->size != 0)) return std::nullopt;
  if (!read_fixed(value, field, fixed)) return std::nullopt;
  auto bytes = take_bytes(rest, head->size);
  if (!bytes) return std::nullopt;
  value.bytes = std::move(*bytes);
  return value;
}

}  // namespace tripline
