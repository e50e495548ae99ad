// SPDX-License-Identifier: Apache-2.0
#include "compile/values.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>

#include "abi/scratch.h"
#include "compile/condition/integers.h"
#include "policy/scratch.h"

namespace tripline {
namespace {

using ir::Callee;
using ir::Value;
using ir::Width;

static_assert(kMostTexts == TL_BUFFERS && kMostValues == TL_VALUES);
static_assert(kMostValues * sizeof(tl_value::words) + kMostArgs * sizeof(tl_number) + 256 <=
              TL_RECORD_FIXED_MAX);
static_assert(TL_RECORD_FIXED_MAX + kMostTexts * TL_PATH_END + 4096 <= TL_RECORD_MAX);

// What the compiler knows of a type besides its family.
struct TypeRow {
  std::optional<FieldType> field;  // of a record that holds values of it
  std::optional<Callee> reader;    // the function of the library that reads them
  int64_t place = 0;               // of a path: enum tl_place
};

namespace field {
using enum FieldType;
constexpr auto kNone = std::nullopt;
}  // namespace field
namespace reader {
using enum Callee;
constexpr auto none = std::nullopt;
}  // namespace reader

constexpr auto kTypes = std::to_array<TypeRow>({
#define TRIPLINE_TYPE_ROW(type, text, family, bits, is_signed, has_bytes, holds, reads, place) \
  {field::holds, reader::reads, place},
    TRIPLINE_DECLARED_TYPES(TRIPLINE_TYPE_ROW)
#undef TRIPLINE_TYPE_ROW
});

const TypeRow& row_of(ArgType type) { return kTypes[static_cast<size_t>(type)]; }

Callee reader_of(ArgType type) {
  assert(row_of(type).reader && "check() lets no such value through");
  return *row_of(type).reader;
}

}  // namespace

uint32_t Held::fixed_offset() const {
  return static_cast<uint32_t>(offsetof(tl_slot, value) + index * sizeof(tl_value) +
                               offsetof(tl_value, head));
}
uint32_t Held::buffer_offset() const {
  return static_cast<uint32_t>(offsetof(tl_slot, buffer)) + buffer * TL_BUFFER_SIZE;
}

FieldType field_type_of(ArgType type) {
  assert(row_of(type).field && "has no place in a record");
  return row_of(type).field.value_or(FieldType::kInt);
}

// Its address is a typed pointer, and it can be read by direct loads.
bool Values::is_typed_file(const CheckedArg& arg) const {
  return typed_ && arg.type == ArgType::kFile && arg.source.steps.empty() && !arg.source.saved &&
         (arg.source.kind == ArgSource::Kind::kParameter || arg.source.kind == ArgSource::Kind::kResult ||
          arg.source.kind == ArgSource::Kind::kMember);
}

void Values::extract(Value slot, const CheckedHook& hook) {
  slot_ = slot;
  sources_.slot(slot);
  for (const CheckedArg& arg : hook.args) {
    if (!is_held(arg) || held_.contains(key_of(arg))) continue;
    room_.take(arg);
    const ir::Line before = builder_.line();
    builder_.line(sources_.line_of(arg.source));
    extract(arg);
    builder_.line(before);
  }
}

bool Values::has_room_for(const CheckedHook& hook) const {
  Room room = room_;
  return std::ranges::all_of(hook.args, [&](const CheckedArg& arg) { return room.take(arg); });
}

void Values::forget() {
  held_.clear();
  room_ = {};
  buffers_ = 0;
}

void Values::extract(const CheckedArg& arg) {
  const Held held{builder_.value(), static_cast<uint32_t>(held_.size()), buffers_};
  if (has_bytes(arg.type)) ++buffers_;
  const Value pointer = is_typed_file(arg) ? sources_.read(arg.source) : address_of(arg);
  switch (family_of(arg.type)) {
    case ArgFamily::kPath:
      if (is_typed_file(arg)) {
        builder_.call(held.result, Callee::tl_file_value, {pointer, slot_, held.at()});
      } else {
        builder_.call(held.result, reader_of(arg.type), {pointer, slot_, held.at(), row_of(arg.type).place});
      }
      break;
    case ArgFamily::kText:
      text(arg, held, pointer);
      break;
    case ArgFamily::kInteger:
      resolved_number(arg, held, pointer);
      break;
    case ArgFamily::kUnixAddress:
      builder_.call(held.result, reader_of(arg.type),
                    {pointer, slot_, held.at(),
                     arg.size ? ir::Operand(number_at(*arg.size)) : ir::Operand(int64_t{0})});
      break;
    case ArgFamily::kCapabilities:
    case ArgFamily::kSocket:
    case ArgFamily::kObject:
      builder_.call(held.result, reader_of(arg.type), {pointer, slot_, held.at()});
      break;
    case ArgFamily::kNone:
    case ArgFamily::kOther:
      assert(false && "not made by check()");
      break;
  }
  if (!arg.source.steps.empty() && family_of(arg.type) != ArgFamily::kInteger) {
    builder_.call(Callee::tl_resolved, {slot_, held.at()});
  }
  held_.emplace(key_of(arg), held);
}

// Where the value is. A descriptor is a number, whatever memory it is in.
Value Values::address_of(const CheckedArg& arg) {
  if (!arg.source.steps.empty())
    builder_.add(ir::Store{slot_, static_cast<int32_t>(offsetof(tl_slot, resolved)), Width::k4, int64_t{0}});
  if (arg.type == ArgType::kFd) return number_at(arg.source);
  if (!arg.source.steps.empty()) return resolve(arg);
  const Value at = builder_.copy(number_at(arg.source));
  sources_.keep_from_kernel(arg.source, at);
  return at;
}

// Parameters of less than 8 bytes have anything in the rest of their registers.
Value Values::number_at(const ArgSource& source) {
  Value whole = sources_.number(source);
  if (!source.steps.empty()) {
    whole = builder_.copy(whole);
    follow(source, source.steps.size(), whole, 0);
  }
  const bool passed = source.kind == ArgSource::Kind::kParameter ||
                      source.kind == ArgSource::Kind::kSyscall || !source.steps.empty();
  if (!passed || source.size >= 8) return whole;
  const Value out = builder_.copy(whole);
  builder_.add(ir::Binary{ir::BinaryOp::kAnd, out, (int64_t{1} << (8 * source.size)) - 1});
  return out;
}

void Values::text(const CheckedArg& arg, const Held& held, Value address) {
  const ir::Operand size = buffer_size(arg);
  const Callee reader = reader_of(arg.type);
  switch (reader) {
    case Callee::tl_buffer_value: {
      const bool array = arg.type == ArgType::kConstBuf;
      const int64_t most = std::min(int64_t{arg.source.size} & -8, int64_t{TL_ARRAY_MAX});
      builder_.call(held.result, reader, {address, slot_, held.at(), array ? ir::Operand(most) : size});
      break;
    }
    case Callee::tl_iovec_value:
      // At the return, the size is that of the bytes; the number of buffers was noted by the entry.
      if (arg.source.kind == ArgSource::Kind::kSaved) {
        const Value count = sources_.read({.kind = ArgSource::Kind::kSaved, .index = 1});
        builder_.call(held.result, reader, {address, slot_, held.at(), count, size});
      } else {
        builder_.call(held.result, reader, {address, slot_, held.at(), size, int64_t{-1}});
      }
      break;
    default:
      if (const auto most = reader == Callee::tl_string_value ? room(arg.source) : std::nullopt) {
        builder_.call(held.result, Callee::tl_record_text, {address, slot_, held.at(), *most});
      } else {
        builder_.call(held.result, reader, {address, slot_, held.at()});
      }
      break;
  }
}

// The bytes that are in a record at an address in it. What follows them belongs to others.
std::optional<ir::Operand> Values::room(const ArgSource& source) {
  if (source.kind == ArgSource::Kind::kRecordAddress) return int64_t{source.size};
  if (source.kind != ArgSource::Kind::kRecordData) return std::nullopt;
  // The upper half of the word: the lower one tells where they begin.
  return sources_.read({.kind = ArgSource::Kind::kRecord, .offset = source.offset + 2, .size = 2});
}

// The size of a buffer, which in a record is not more than there is room for.
ir::Operand Values::buffer_size(const CheckedArg& arg) {
  if (!arg.size) return int64_t{0};
  const Value size = number_at(*arg.size);
  if (arg.source.kind != ArgSource::Kind::kRecordAddress) return size;
  const Value bounded = builder_.copy(size);
  const Label fits = builder_.label("fits");
  builder_.branch_if(ir::Compare::kLessEqual, Width::k8, bounded, int64_t{arg.source.size}, fits);
  builder_.add(ir::Constant{bounded, int64_t{arg.source.size}});
  builder_.place(fits);
  return bounded;
}

// To the address that the steps lead to, or for a pointer at their end to what it points to.
Value Values::resolve(const CheckedArg& arg) {
  const Value at = builder_.copy(sources_.number(arg.source));
  const size_t steps = arg.source.steps.size();
  follow(arg.source, family_of(arg.type) == ArgFamily::kInteger ? steps - 1 : steps, at, TL_FOLLOW_FURTHER);
  sources_.keep_from_kernel(arg.source, at);
  return at;
}

// From `at` along the steps; only the pointers of the first `pointers` of them are followed. `what`: is it another
// address that they lead to?
void Values::follow(const ArgSource& source, size_t pointers, Value at, int64_t what) {
  for (size_t n = 0; n < source.steps.size(); ++n) {
    const ResolveStep& step = source.steps[n];
    if (step.offset != 0) builder_.add(ir::Binary{ir::BinaryOp::kAdd, at, int64_t{step.offset}});
    if (!step.dereference || n >= pointers) continue;
    sources_.keep_from_kernel(source, at);
    builder_.call(at, Callee::tl_follow, {at, slot_, static_cast<int64_t>(n) | what});
  }
}

void Values::resolved_number(const CheckedArg& arg, const Held& held, Value address) {
  const auto step = static_cast<int64_t>(arg.source.steps.size() - 1);
  const int64_t what =
      int64_t{arg.source.size} | (arg.source.is_signed ? TL_RESOLVE_SIGNED : 0) | step << TL_RESOLVE_STEP;
  builder_.call(held.result, Callee::tl_resolved_number, {address, slot_, held.at(), what});
}

Value Values::number(const CheckedArg& arg, Label no) {
  if (!is_held(arg)) return sources_.number(arg.source);
  const Held& held = held_.at(key_of(arg));
  const Value status =
      builder_.load(slot_, held.fixed_offset() + offsetof(tl_field, status), Width::k4, "status");
  builder_.branch_if(ir::Compare::kNotEqual, Width::k4, status, 0, no);
  if (family_of(arg.type) == ArgFamily::kInteger) return held.result;
  return builder_.load(slot_, held.fixed_offset() + offsetof(tl_number, number), Width::k8, "number");
}

void Values::send_data(const CheckedArg& arg, const Field& field) {
  if (!arg.max_data || comes_later(arg)) return;
  builder_.call(Callee::tl_data_send, {slot_, held(arg).at(), int64_t{field.offset}});
}

void Values::record(const CheckedArg& arg, const Field& field, Value end) {
  const auto at = static_cast<int32_t>(offsetof(tl_slot, record) + field.offset);
  if (comes_later(arg)) {
    for (uint32_t word = 0; word < field_size(field.type); word += sizeof(uint64_t)) {
      builder_.add(ir::Store{slot_, at + static_cast<int32_t>(word), Width::k8, int64_t{0}});
    }
    return;
  }
  if (family_of(arg.type) == ArgFamily::kInteger && arg.source.steps.empty()) {
    const Value number = extended(builder_, integer_shape(arg.type), sources_.number(arg.source));
    builder_.add(ir::Store{slot_, at, Width::k8, int64_t{0}});
    builder_.add(ir::Store{slot_, static_cast<int32_t>(at + offsetof(tl_number, number)), Width::k8, number});
    return;
  }
  builder_.call(end, Callee::tl_record_value,
                {slot_, held(arg).at(), int64_t{field.offset}, int64_t{field_size(field.type)}, end});
}

}  // namespace tripline
