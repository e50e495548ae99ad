// SPDX-License-Identifier: Apache-2.0
// Operators on numbers, times and texts, and comparisons. What leaves the range of its type is an error.
#include <array>
#include <cmath>

#include "cel/compare.h"
#include "cel/function.h"
#include "cel/time.h"

namespace tripline::cel {
namespace {

enum class Op : uint8_t { kAdd, kSubtract, kMultiply };

template <typename T, Op op>
Outcome whole(Frame& /*frame*/, Arguments arguments) {
  const T left = arguments[0].as<T>();
  const T right = arguments[1].as<T>();
  T out{};
  const bool overflow = op == Op::kAdd        ? __builtin_add_overflow(left, right, &out)
                        : op == Op::kSubtract ? __builtin_sub_overflow(left, right, &out)
                                              : __builtin_mul_overflow(left, right, &out);
  if (overflow) return failed(std::is_signed_v<T> ? "integer overflow" : "unsigned integer overflow");
  return Value{out};
}

template <typename T>
Outcome divide(Frame& /*frame*/, Arguments arguments) {
  const T left = arguments[0].as<T>();
  const T right = arguments[1].as<T>();
  if (right == 0) return failed("division by zero");
  if constexpr (std::is_signed_v<T>)
    if (right == -1 && left == INT64_MIN) return failed("integer overflow");
  return Value{static_cast<T>(left / right)};
}

template <typename T>
Outcome remainder(Frame& /*frame*/, Arguments arguments) {
  const T left = arguments[0].as<T>();
  const T right = arguments[1].as<T>();
  if (right == 0) return failed("modulus by zero");
  if constexpr (std::is_signed_v<T>)
    if (right == -1 && left == INT64_MIN) return failed("integer overflow");
  return Value{static_cast<T>(left % right)};
}

double real(const Value& value) { return value.as<double>(); }

Outcome concatenate_texts(Frame& frame, Arguments arguments) {
  const std::string_view left = arguments[0].as<Text>().view;
  const std::string_view right = arguments[1].as<Text>().view;
  if (!frame.spend_on_bytes(left.size() + right.size(), left.size() + right.size())) return frame.exhausted();
  return text(std::string(left) += right);
}

Outcome concatenate_bytes(Frame& frame, Arguments arguments) {
  const std::string_view left = arguments[0].as<Bytes>().view;
  const std::string_view right = arguments[1].as<Bytes>().view;
  if (!frame.spend_on_bytes(left.size() + right.size(), left.size() + right.size())) return frame.exhausted();
  return bytes(std::string(left) += right);
}

Outcome concatenate_lists(Frame& frame, Arguments arguments) {
  const std::vector<Value>& left = *arguments[0].as<List>().items;
  const std::vector<Value>& right = *arguments[1].as<List>().items;
  const size_t count = left.size() + right.size();
  if (!frame.spend(count / 8, count * kBytesOfElement)) return frame.exhausted();
  std::vector<Value> out;
  out.reserve(count);
  out.insert(out.end(), left.begin(), left.end());
  out.insert(out.end(), right.begin(), right.end());
  return list(std::move(out));
}

Outcome negative(Frame& /*frame*/, Arguments arguments) {
  const int64_t value = arguments[0].as<int64_t>();
  if (value == INT64_MIN) return failed("integer overflow");
  return Value{-value};
}

Outcome time_and_duration(Frame& /*frame*/, Arguments arguments) {
  return add(arguments[0].as<Timestamp>(), arguments[1].as<Duration>());
}
Outcome duration_and_time(Frame& /*frame*/, Arguments arguments) {
  return add(arguments[1].as<Timestamp>(), arguments[0].as<Duration>());
}
Outcome time_less_duration(Frame& /*frame*/, Arguments arguments) {
  return subtract(arguments[0].as<Timestamp>(), arguments[1].as<Duration>());
}
Outcome time_less_time(Frame& /*frame*/, Arguments arguments) {
  return between(arguments[1].as<Timestamp>(), arguments[0].as<Timestamp>());
}

template <Op op>
Outcome durations(Frame& /*frame*/, Arguments arguments) {
  const int64_t left = arguments[0].as<Duration>().nanos;
  const int64_t right = arguments[1].as<Duration>().nanos;
  int64_t out = 0;
  if (op == Op::kAdd ? __builtin_add_overflow(left, right, &out) : __builtin_sub_overflow(left, right, &out))
    return failed("range error: a duration out of range");
  return Value{Duration{out}};
}

Outcome are_equal(Frame& frame, Arguments arguments) {
  const bool out = equal(frame, arguments[0], arguments[1]);
  if (frame.spent()) return frame.exhausted();
  return boolean(out);
}
Outcome are_unequal(Frame& frame, Arguments arguments) {
  const bool out = equal(frame, arguments[0], arguments[1]);
  if (frame.spent()) return frame.exhausted();
  return boolean(!out);
}

template <bool (*holds)(std::partial_ordering) noexcept>
Outcome ordered(Frame& frame, Arguments arguments) {
  if (const auto* left = arguments[0].get<Text>();
      left != nullptr && !frame.spend_on_bytes(left->view.size()))
    return frame.exhausted();
  const auto ordering = order(arguments[0], arguments[1]);
  if (!ordering) return no_such_overload();
  return boolean(holds(*ordering));
}

#define TRIPLINE_ORDER(name, run)                                                     \
  {name, "(bool, bool) -> bool", run}, {name, "(int, int) -> bool", run},             \
      {name, "(uint, uint) -> bool", run}, {name, "(double, double) -> bool", run},   \
      {name, "(int, uint) -> bool", run}, {name, "(int, double) -> bool", run},       \
      {name, "(uint, int) -> bool", run}, {name, "(uint, double) -> bool", run},      \
      {name, "(double, int) -> bool", run}, {name, "(double, uint) -> bool", run},    \
      {name, "(string, string) -> bool", run}, {name, "(bytes, bytes) -> bool", run}, \
      {name, "(timestamp, timestamp) -> bool", run}, {                                \
    name, "(duration, duration) -> bool", run                                         \
  }

constexpr auto kRows = std::to_array<FunctionRow>({
    {"_+_", "(int, int) -> int", whole<int64_t, Op::kAdd>},
    {"_+_", "(uint, uint) -> uint", whole<uint64_t, Op::kAdd>},
    {"_+_", "(double, double) -> double",
     [](Frame&, Arguments a) -> Outcome { return Value{real(a[0]) + real(a[1])}; }},
    {"_+_", "(string, string) -> string", concatenate_texts},
    {"_+_", "(bytes, bytes) -> bytes", concatenate_bytes},
    {"_+_", "(list(A), list(A)) -> list(A)", concatenate_lists},
    {"_+_", "(timestamp, duration) -> timestamp", time_and_duration},
    {"_+_", "(duration, timestamp) -> timestamp", duration_and_time},
    {"_+_", "(duration, duration) -> duration", durations<Op::kAdd>},
    {"_-_", "(int, int) -> int", whole<int64_t, Op::kSubtract>},
    {"_-_", "(uint, uint) -> uint", whole<uint64_t, Op::kSubtract>},
    {"_-_", "(double, double) -> double",
     [](Frame&, Arguments a) -> Outcome { return Value{real(a[0]) - real(a[1])}; }},
    {"_-_", "(timestamp, timestamp) -> duration", time_less_time},
    {"_-_", "(timestamp, duration) -> timestamp", time_less_duration},
    {"_-_", "(duration, duration) -> duration", durations<Op::kSubtract>},
    {"_*_", "(int, int) -> int", whole<int64_t, Op::kMultiply>},
    {"_*_", "(uint, uint) -> uint", whole<uint64_t, Op::kMultiply>},
    {"_*_", "(double, double) -> double",
     [](Frame&, Arguments a) -> Outcome { return Value{real(a[0]) * real(a[1])}; }},
    {"_/_", "(int, int) -> int", divide<int64_t>},
    {"_/_", "(uint, uint) -> uint", divide<uint64_t>},
    {"_/_", "(double, double) -> double",
     [](Frame&, Arguments a) -> Outcome { return Value{real(a[0]) / real(a[1])}; }},
    {"_%_", "(int, int) -> int", remainder<int64_t>},
    {"_%_", "(uint, uint) -> uint", remainder<uint64_t>},
    {"-_", "(int) -> int", negative},
    {"-_", "(double) -> double", [](Frame&, Arguments a) -> Outcome { return Value{-real(a[0])}; }},
    {"!_", "(bool) -> bool", [](Frame&, Arguments a) -> Outcome { return boolean(!a[0].as<bool>()); }},
    {"_==_", "(A, A) -> bool", are_equal},
    {"_!=_", "(A, A) -> bool", are_unequal},
    TRIPLINE_ORDER("_<_", ordered<std::is_lt>),
    TRIPLINE_ORDER("_<=_", ordered<std::is_lteq>),
    TRIPLINE_ORDER("_>_", ordered<std::is_gt>),
    TRIPLINE_ORDER("_>=_", ordered<std::is_gteq>),
});

#undef TRIPLINE_ORDER

}  // namespace

FunctionTable arithmetic_functions() { return kRows; }

}  // namespace tripline::cel
