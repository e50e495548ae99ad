// SPDX-License-Identifier: Apache-2.0
// Lists and maps: size, membership, indexing.
#include "cel/collections.h"

#include <array>
#include <optional>

#include "cel/compare.h"
#include "cel/function.h"
#include "cel/number_text.h"
#include "cel/print.h"

namespace tripline::cel {
namespace {

const std::vector<Value>& items(const Value& value) { return *value.as<List>().items; }
const Entries& entries(const Value& value) { return *value.as<Map>().entries; }

Outcome list_size(Frame& /*frame*/, Arguments arguments) {
  return Value{static_cast<int64_t>(items(arguments[0]).size())};
}
Outcome map_size(Frame& /*frame*/, Arguments arguments) {
  return Value{static_cast<int64_t>(entries(arguments[0]).size())};
}

Outcome in_list(Frame& frame, Arguments arguments) {
  for (const Value& each : items(arguments[1])) {
    if (equal(frame, arguments[0], each)) return boolean(true);
    if (frame.spent()) return frame.exhausted();
  }
  return boolean(false);
}

Outcome in_map(Frame& /*frame*/, Arguments arguments) {
  return boolean(entries(arguments[1]).find(arguments[0]) != nullptr);
}

// A whole number, whatever its type.
std::optional<int64_t> index_of(const Value& value) {
  if (const auto* number = value.get<int64_t>()) return *number;
  if (const auto* natural = value.get<uint64_t>())
    return *natural <= INT64_MAX ? std::optional(static_cast<int64_t>(*natural)) : std::nullopt;
  if (const auto* real = value.get<double>()) {
    const auto whole = to_int(*real);
    if (whole && static_cast<double>(*whole) == *real) return whole;
  }
  return std::nullopt;
}

Outcome at(Frame& /*frame*/, Arguments arguments) { return element(arguments[0], arguments[1]); }
Outcome maybe_at(Frame& frame, Arguments arguments) {
  return maybe_element(frame, arguments[0], arguments[1]);
}

constexpr auto kRows = std::to_array<FunctionRow>({
    {"size", "(list(A)) -> int", list_size},
    {"size", "list(A).() -> int", list_size},
    {"size", "(map(A, B)) -> int", map_size},
    {"size", "map(A, B).() -> int", map_size},
    {"@in", "(A, list(A)) -> bool", in_list},
    {"@in", "(A, map(A, B)) -> bool", in_map},
    {"_[_]", "(list(A), int) -> A", at},
    {"_[_]", "(map(A, B), A) -> B", at},
    {"_[_]", "(optional(list(A)), int) -> optional(A)", maybe_at},
    {"_[_]", "(optional(map(A, B)), A) -> optional(B)", maybe_at},
    {"_[?_]", "(list(A), int) -> optional(A)", maybe_at},
    {"_[?_]", "(map(A, B), A) -> optional(B)", maybe_at},
    {"_[?_]", "(optional(list(A)), int) -> optional(A)", maybe_at},
    {"_[?_]", "(optional(map(A, B)), A) -> optional(B)", maybe_at},
});

}  // namespace

Outcome element(const Value& container, const Value& key) {
  if (const auto* list = container.get<List>()) {
    const auto index = index_of(key);
    if (!index) return failed("invalid_argument: a list has no index " + printed(key));
    if (*index < 0 || static_cast<size_t>(*index) >= list->items->size())
      return failed("index out of bounds: " + printed(key));
    return (*list->items)[static_cast<size_t>(*index)];
  }
  if (const auto* map = container.get<Map>()) {
    if (const Value* found = map->entries->find(key)) return *found;
    return failed("no such key: " + printed(key));
  }
  return no_such_overload();
}

Outcome maybe_element(Frame& frame, const Value& container, const Value& key) {
  if (const auto* optional = container.get<Optional>())
    return optional->value == nullptr ? Outcome(none()) : maybe_element(frame, *optional->value, key);
  if (!frame.spend(1, kBytesOfElement)) return frame.exhausted();
  if (!can_be_key(key) && key.kind() != Kind::kDouble)
    return failed("invalid_argument: nothing has an index " + printed(key));
  if (const auto* list = container.get<List>()) {
    const auto index = index_of(key);
    if (!index) return failed("invalid_argument: a list has no index " + printed(key));
    if (*index < 0 || static_cast<size_t>(*index) >= list->items->size()) return none();
    return some((*list->items)[static_cast<size_t>(*index)]);
  }
  if (const auto* map = container.get<Map>())
    if (const Value* found = map->entries->find(key)) return some(*found);
  return none();
}

FunctionTable collection_functions() { return kRows; }

}  // namespace tripline::cel
