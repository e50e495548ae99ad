// SPDX-License-Identifier: Apache-2.0
// math.*
#include <array>
#include <bit>
#include <cmath>

#include "cel/compare.h"
#include "cel/function.h"

namespace tripline::cel {
namespace {

template <double (*function)(double)>
Outcome rounded(Frame& /*frame*/, Arguments arguments) {
  return Value{function(arguments[0].as<double>())};
}

template <bool (*holds)(double)>
Outcome is(Frame& /*frame*/, Arguments arguments) {
  return boolean(holds(arguments[0].as<double>()));
}

Outcome absolute(Frame& /*frame*/, Arguments arguments) {
  const int64_t value = arguments[0].as<int64_t>();
  if (value == INT64_MIN) return failed("integer overflow");
  return Value{value < 0 ? -value : value};
}

template <typename T>
Outcome sign(Frame& /*frame*/, Arguments arguments) {
  const T value = arguments[0].as<T>();
  if (value != value) return Value{value};
  return Value{static_cast<T>((value > 0 ? 1 : 0) - (value < 0 ? 1 : 0))};
}

template <typename T, T (*function)(T, T)>
Outcome bits(Frame& /*frame*/, Arguments arguments) {
  return Value{function(arguments[0].as<T>(), arguments[1].as<T>())};
}

template <typename T>
Outcome complement(Frame& /*frame*/, Arguments arguments) {
  return Value{static_cast<T>(~arguments[0].as<T>())};
}

constexpr int64_t kWidth = 64;

template <typename T>
Outcome shift_left(Frame& /*frame*/, Arguments arguments) {
  const int64_t by = arguments[1].as<int64_t>();
  if (by < 0) return failed("negative offset");
  if (by >= kWidth) return Value{T{0}};
  return Value{static_cast<T>(static_cast<uint64_t>(arguments[0].as<T>()) << by)};
}

// Of the bits: no sign comes after them.
template <typename T>
Outcome shift_right(Frame& /*frame*/, Arguments arguments) {
  const int64_t by = arguments[1].as<int64_t>();
  if (by < 0) return failed("negative offset");
  if (by >= kWidth) return Value{T{0}};
  return Value{static_cast<T>(static_cast<uint64_t>(arguments[0].as<T>()) >> by)};
}

bool is_number(const Value& value) {
  return value.kind() == Kind::kInt || value.kind() == Kind::kUint || value.kind() == Kind::kDouble;
}

// The first of those that are as good as it.
template <bool greatest>
Outcome best_of(Frame& frame, Arguments numbers) {
  if (numbers.empty()) return failed("math.greatest() and math.least() need at least one number");
  if (!frame.spend(numbers.size() / 8)) return frame.exhausted();
  const Value* best = nullptr;
  for (const Value& each : numbers) {
    if (!is_number(each)) return no_such_overload();
    if (best == nullptr) {
      best = &each;
      continue;
    }
    const auto ordering = order(each, *best);
    if (*ordering == std::partial_ordering::unordered) return failed("NaN values cannot be ordered");
    if (greatest ? *ordering > 0 : *ordering < 0) best = &each;
  }
  return *best;
}

template <bool greatest>
Outcome best(Frame& frame, Arguments arguments) {
  if (arguments.size() == 1)
    if (const auto* numbers = arguments[0].get<List>()) return best_of<greatest>(frame, *numbers->items);
  return best_of<greatest>(frame, arguments);
}

constexpr auto kRows = std::to_array<FunctionRow>({
    // Of any number of arguments; the checker knows.
    {"math.greatest", "(list(A)) -> A", best<true>},
    {"math.least", "(list(A)) -> A", best<false>},
    {"math.ceil", "(double) -> double", rounded<[](double value) { return std::ceil(value); }>},
    {"math.floor", "(double) -> double", rounded<[](double value) { return std::floor(value); }>},
    {"math.round", "(double) -> double", rounded<[](double value) { return std::round(value); }>},
    {"math.trunc", "(double) -> double", rounded<[](double value) { return std::trunc(value); }>},
    {"math.sqrt", "(double) -> double", rounded<[](double value) { return std::sqrt(value); }>},
    {"math.sqrt", "(int) -> double",
     [](Frame&, Arguments a) -> Outcome {
       return Value{std::sqrt(static_cast<double>(a[0].as<int64_t>()))};
     }},
    {"math.sqrt", "(uint) -> double",
     [](Frame&, Arguments a) -> Outcome {
       return Value{std::sqrt(static_cast<double>(a[0].as<uint64_t>()))};
     }},
    {"math.abs", "(int) -> int", absolute},
    {"math.abs", "(uint) -> uint", [](Frame&, Arguments a) -> Outcome { return a[0]; }},
    {"math.abs", "(double) -> double", rounded<[](double value) { return std::fabs(value); }>},
    {"math.sign", "(int) -> int", sign<int64_t>},
    {"math.sign", "(uint) -> uint", sign<uint64_t>},
    {"math.sign", "(double) -> double", sign<double>},
    {"math.isNaN", "(double) -> bool", is<[](double value) { return std::isnan(value); }>},
    {"math.isInf", "(double) -> bool", is<[](double value) { return std::isinf(value); }>},
    {"math.isFinite", "(double) -> bool", is<[](double value) { return std::isfinite(value); }>},
    {"math.bitAnd", "(int, int) -> int", bits<int64_t, [](int64_t a, int64_t b) { return a & b; }>},
    {"math.bitAnd", "(uint, uint) -> uint", bits<uint64_t, [](uint64_t a, uint64_t b) { return a & b; }>},
    {"math.bitOr", "(int, int) -> int", bits<int64_t, [](int64_t a, int64_t b) { return a | b; }>},
    {"math.bitOr", "(uint, uint) -> uint", bits<uint64_t, [](uint64_t a, uint64_t b) { return a | b; }>},
    {"math.bitXor", "(int, int) -> int", bits<int64_t, [](int64_t a, int64_t b) { return a ^ b; }>},
    {"math.bitXor", "(uint, uint) -> uint", bits<uint64_t, [](uint64_t a, uint64_t b) { return a ^ b; }>},
    {"math.bitNot", "(int) -> int", complement<int64_t>},
    {"math.bitNot", "(uint) -> uint", complement<uint64_t>},
    {"math.bitShiftLeft", "(int, int) -> int", shift_left<int64_t>},
    {"math.bitShiftLeft", "(uint, int) -> uint", shift_left<uint64_t>},
    {"math.bitShiftRight", "(int, int) -> int", shift_right<int64_t>},
    {"math.bitShiftRight", "(uint, int) -> uint", shift_right<uint64_t>},
});

}  // namespace

FunctionTable math_extension() { return kRows; }

}  // namespace tripline::cel
