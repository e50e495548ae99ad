// SPDX-License-Identifier: Apache-2.0
#include "policy/check/registers.h"

#include <algorithm>

#include "policy/check/check.h"

namespace tripline::policy {
namespace {

using Kind = Btf::Kind;

constexpr uint32_t kRegister = 8;  // bytes
constexpr uint32_t kMostBytes = 2 * kRegister;
constexpr int kDeepest = 8;  // more levels than 16 bytes can have; damaged types have no end

// Is a value of this type at `offset` made of integers alone, each where it is aligned?
bool of_integers(const Btf& types, const Btf::Type& type, uint32_t offset, int depth) {
  switch (type.kind) {
    case Kind::kInt:
    case Kind::kEnum:
    case Kind::kPointer:
      return type.size > 0 && offset % type.size == 0;
    case Kind::kArray:
      return depth < kDeepest && of_integers(types, types.type(type.pointee_id), offset, depth + 1);
    case Kind::kStruct:
    case Kind::kUnion:
      return depth < kDeepest &&
             std::ranges::all_of(
                 types.member_names(type.id),
                 [&](std::string_view name) {
                   const auto member = types.member(type.id, name);
                   if (!member) return false;
                   return member->bit_size != 0 ||
                          of_integers(types, member->type, offset + member->offset, depth + 1);
                 });
    default:
      return false;
  }
}

// How many registers it takes; 0 when it is passed otherwise.
uint32_t registers_of(const Btf& types, const Btf::Type& type) {
  if (type.size > kMostBytes || !of_integers(types, type, 0, 0)) return 0;
  return (type.size + kRegister - 1) / kRegister;
}

}  // namespace

bool by_value(const Btf::Type& type) { return type.kind == Kind::kStruct || type.kind == Kind::kUnion; }

std::vector<std::optional<uint32_t>> parameter_registers(const Btf& types, const Btf::Function& function) {
  std::vector<std::optional<uint32_t>> out;
  const bool by_address = function.result && by_value(*function.result) &&
                          (function.result->size > kMostBytes || !of_integers(types, *function.result, 0, 0));
  uint32_t next = by_address ? 1 : 0;
  for (const Btf::Parameter& parameter : function.parameters) {
    const uint32_t count = registers_of(types, parameter.type);
    const bool fits = count > 0 && next + count <= kRegisterParameters;
    out.push_back(fits ? std::optional(next) : std::nullopt);
    if (fits) next += count;
  }
  return out;
}

}  // namespace tripline::policy
