// SPDX-License-Identifier: Apache-2.0
// lists.* and functions on lists that are no part of the standard.
#include "cel/lists.h"

#include <algorithm>
#include <array>

#include "cel/compare.h"
#include "cel/function.h"

namespace tripline::cel {
namespace {

const std::vector<Value>& items(const Value& value) { return *value.as<List>().items; }

bool spend_on_list(Frame& frame, size_t count) { return frame.spend(1 + count, count * kBytesOfElement); }

Outcome range(Frame& frame, Arguments arguments) {
  const int64_t count = arguments[0].as<int64_t>();
  if (count < 0) return failed("lists.range() takes no negative number");
  if (!spend_on_list(frame, static_cast<size_t>(std::min<int64_t>(count, 1 << 30)))) return frame.exhausted();
  std::vector<Value> out;
  for (int64_t each = 0; each < count; ++each) out.push_back({each});
  return list(std::move(out));
}

Outcome slice(Frame& frame, Arguments arguments) {
  const std::vector<Value>& all = items(arguments[0]);
  const int64_t begin = arguments[1].as<int64_t>();
  const int64_t end = arguments[2].as<int64_t>();
  if (begin < 0 || end < begin || static_cast<size_t>(end) > all.size())
    return failed("cannot slice(" + std::to_string(begin) + ", " + std::to_string(end) + ") a list of " +
                  std::to_string(all.size()));
  if (!spend_on_list(frame, static_cast<size_t>(end - begin))) return frame.exhausted();
  return list({all.begin() + begin, all.begin() + end});
}

bool flatten(Frame& frame, const std::vector<Value>& from, int64_t depth, std::vector<Value>& out) {
  for (const Value& each : from) {
    if (!spend_on_list(frame, 1)) return false;
    const auto* inner = each.get<List>();
    if (inner == nullptr || depth == 0) {
      out.push_back(each);
    } else if (!flatten(frame, *inner->items, depth - 1, out)) {
      return false;
    }
  }
  return true;
}

Outcome flatten_by(Frame& frame, Arguments arguments) {
  const int64_t depth = arguments.size() > 1 ? arguments[1].as<int64_t>() : 1;
  if (depth < 0) return failed("level must be non-negative");
  std::vector<Value> out;
  if (!flatten(frame, items(arguments[0]), depth, out)) return frame.exhausted();
  return list(std::move(out));
}

Outcome reverse(Frame& frame, Arguments arguments) {
  const std::vector<Value>& all = items(arguments[0]);
  if (!spend_on_list(frame, all.size())) return frame.exhausted();
  return list({all.rbegin(), all.rend()});
}

Outcome distinct(Frame& frame, Arguments arguments) {
  std::vector<Value> out;
  for (const Value& each : items(arguments[0])) {
    if (!spend_on_list(frame, 1)) return frame.exhausted();
    const bool seen = std::ranges::any_of(out, [&](const Value& other) { return equal(frame, each, other); });
    if (frame.spent()) return frame.exhausted();
    if (!seen) out.push_back(each);
  }
  return list(std::move(out));
}

Outcome sort(Frame& frame, Arguments arguments) {
  return sorted_by(frame, items(arguments[0]), items(arguments[0]));
}

template <bool last>
Outcome end(Frame& frame, Arguments arguments) {
  const std::vector<Value>& all = items(arguments[0]);
  if (!spend_on_list(frame, 1)) return frame.exhausted();
  if (all.empty()) return none();
  return some(last ? all.back() : all.front());
}

constexpr auto kRows = std::to_array<FunctionRow>({
    {"lists.range", "(int) -> list(int)", range},
    {"slice", "list(A).(int, int) -> list(A)", slice},
    {"flatten", "list(A).() -> list(dyn)", flatten_by},
    {"flatten", "list(A).(int) -> list(dyn)", flatten_by},
    {"reverse", "list(A).() -> list(A)", reverse},
    {"distinct", "list(A).() -> list(A)", distinct},
    {"sort", "list(A).() -> list(A)", sort},
    {"first", "list(A).() -> optional(A)", end<false>},
    {"last", "list(A).() -> optional(A)", end<true>},
});

}  // namespace

Outcome sorted_by(Frame& frame, const std::vector<Value>& values, const std::vector<Value>& keys) {
  const size_t count = keys.size();
  if (!frame.spend(1 + (count * 20), count * kBytesOfElement)) return frame.exhausted();
  std::vector<size_t> places(count);
  for (size_t at = 0; at < count; ++at) {
    places[at] = at;
    // Not a number has no place, and would make others lose theirs.
    if (keys[at].kind() != keys[0].kind() || !order(keys[at], keys[0]) || !order(keys[at], keys[at]) ||
        *order(keys[at], keys[at]) != 0)
      return failed("list elements must be comparable");
  }
  std::ranges::stable_sort(places,
                           [&](size_t left, size_t right) { return *order(keys[left], keys[right]) < 0; });
  std::vector<Value> out;
  out.reserve(count);
  for (const size_t at : places) out.push_back(values[at]);
  return list(std::move(out));
}

FunctionTable list_extension() { return kRows; }

}  // namespace tripline::cel
