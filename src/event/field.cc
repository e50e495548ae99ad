// SPDX-License-Identifier: Apache-2.0
#include "event/field.h"

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
    case FieldType::kBuildId:
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
  if (offset > fixed.size() || fixed.size() - offset < sizeof(Layout)) return false;
  std::memcpy(&value.fixed.template emplace<Layout>(), fixed.data() + offset, sizeof(Layout));
  return true;
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

std::optional<std::string_view> take_bytes(ByteSpan& rest, uint32_t size) {
  if (rest.size() < size) return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(rest.data()), size);
  rest = rest.subspan(size);
  return text;
}

bool decode_field(FieldValue& value, const Field& field, ByteSpan fixed, ByteSpan& rest) {
  const auto head = read_layout<tl_field>(fixed, field.offset);
  if (!head || !fits(variable_part(field.type), head->size)) return false;
  value.status = head->status;
  if (!is_status(head->status) || (head->status != TL_VALUE_OK && head->size != 0)) return false;
  if (!read_fixed(value, field, fixed)) return false;
  const auto bytes = take_bytes(rest, head->size);
  if (bytes) value.bytes = *bytes;
  return bytes.has_value();
}

}  // namespace tripline
