// SPDX-License-Identifier: Apache-2.0
// One field of a policy's record, from bytes; decode.h has the whole record. Damaged is: a field not
// completely inside the record, bytes where its type has none, a value next to an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>

#include "abi/value.h"
#include "object/object.h"

namespace tripline {

// One field: its fixed part, and the bytes of variable length that belong to it, where they are in the record.
struct FieldValue {
  uint32_t status = TL_VALUE_OK;  // enum tl_status; unless it is TL_VALUE_OK the rest is 0
  std::variant<tl_field, tl_number, tl_bytes, tl_path, tl_sock, tl_skb, tl_sockaddr, tl_sockaddr_un,
               tl_cred_value, tl_user_namespace_value, tl_bpf_prog, tl_bpf_map, tl_perf_event, tl_module,
               tl_ima_hash, tl_build_id, tl_owner>
      fixed;  // the layout of the field's type
  std::string_view bytes;
};

using ByteSpan = std::span<const std::byte>;

// The T at `offset`, wherever that is in memory; absent when it is not wholly inside.
template <typename T>
std::optional<T> read_layout(ByteSpan bytes, size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// Takes the next `size` bytes off the front of `rest`.
std::optional<std::string_view> take_bytes(ByteSpan& rest, uint32_t size);

// Reads a field's fixed part at its offset into `value`, which is new, and what is variable off the front of `rest`. False:
// damaged.
bool decode_field(FieldValue& value, const Field& field, ByteSpan fixed, ByteSpan& rest);

}  // namespace tripline
