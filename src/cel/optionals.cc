// SPDX-License-Identifier: Apache-2.0
// Values that may be absent. `or` and `orValue` are here for the checker; the evaluator does not evaluate what they do
// not need.
#include <array>

#include "cel/function.h"
#include "cel/message.h"

namespace tripline::cel {
namespace {

bool is_zero(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return !value.as<bool>();
    case Kind::kInt:
      return value.as<int64_t>() == 0;
    case Kind::kUint:
      return value.as<uint64_t>() == 0;
    case Kind::kDouble:
      return value.as<double>() == 0;
    case Kind::kString:
      return value.as<Text>().view.empty();
    case Kind::kBytes:
      return value.as<Bytes>().view.empty();
    case Kind::kList:
      return value.as<List>().items->empty();
    case Kind::kMap:
      return value.as<Map>().entries->size() == 0;
    case Kind::kTimestamp:
      return value.as<Timestamp>() == Timestamp{};
    case Kind::kDuration:
      return value.as<Duration>() == Duration{};
    case Kind::kMessage:
      return set_fields(value.as<MessageRef>()).empty();
    case Kind::kOptional:
    case Kind::kType:
    case Kind::kIp:
    case Kind::kCidr:
      break;
  }
  return false;
}

Outcome of(Frame& frame, Arguments arguments) {
  if (!frame.spend(1, kBytesOfElement)) return frame.exhausted();
  return some(arguments[0]);
}

Outcome of_non_zero(Frame& frame, Arguments arguments) {
  return is_zero(arguments[0]) ? Outcome(none()) : of(frame, arguments);
}

Outcome value_of(Frame& /*frame*/, Arguments arguments) {
  const auto& value = arguments[0].as<Optional>().value;
  if (value == nullptr) return failed("optional.none() dereference");
  return *value;
}

Outcome has_value(Frame& /*frame*/, Arguments arguments) {
  return boolean(arguments[0].as<Optional>().value != nullptr);
}

Outcome either(Frame& /*frame*/, Arguments arguments) {
  return arguments[0].as<Optional>().value != nullptr ? arguments[0] : arguments[1];
}

Outcome value_or(Frame& /*frame*/, Arguments arguments) {
  const auto& value = arguments[0].as<Optional>().value;
  return value != nullptr ? *value : arguments[1];
}

Outcome unwrap(Frame& frame, Arguments arguments) {
  const std::vector<Value>& items = *arguments[0].as<List>().items;
  if (!frame.spend(items.size(), items.size() * kBytesOfElement)) return frame.exhausted();
  std::vector<Value> out;
  for (const Value& each : items) {
    const auto* optional = each.get<Optional>();
    if (optional == nullptr) return no_such_overload();
    if (optional->value != nullptr) out.push_back(*optional->value);
  }
  return list(std::move(out));
}

constexpr auto kRows = std::to_array<FunctionRow>({
    {"optional.of", "(A) -> optional(A)", of},
    {"optional.ofNonZeroValue", "(A) -> optional(A)", of_non_zero},
    {"optional.none", "() -> optional(A)", [](Frame&, Arguments) -> Outcome { return none(); }},
    {"optional.unwrap", "(list(optional(A))) -> list(A)", unwrap},
    {"unwrapOpt", "list(optional(A)).() -> list(A)", unwrap},
    {"value", "optional(A).() -> A", value_of},
    {"hasValue", "optional(A).() -> bool", has_value},
    {"or", "optional(A).(optional(A)) -> optional(A)", either},
    {"orValue", "optional(A).(A) -> A", value_or},
});

}  // namespace

FunctionTable optional_extension() { return kRows; }

}  // namespace tripline::cel
