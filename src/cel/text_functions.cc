// SPDX-License-Identifier: Apache-2.0
// Standard functions on texts.
#include <array>

#include "cel/function.h"
#include "cel/points.h"
#include "cel/prepared.h"

namespace tripline::cel {
namespace {

std::string_view view(const Value& value) { return value.as<Text>().view; }

template <bool (*holds)(std::string_view whole, std::string_view part)>
Outcome test(Frame& frame, Arguments arguments) {
  if (!frame.spend_on_bytes(view(arguments[0]).size() + view(arguments[1]).size())) return frame.exhausted();
  return boolean(holds(view(arguments[0]), view(arguments[1])));
}

Outcome matches(Frame& frame, Arguments arguments) {
  const std::string_view where = view(arguments[0]);
  if (!frame.spend_on_bytes(where.size() * 4)) return frame.exhausted();
  if (frame.prepared != nullptr) return boolean(std::get<Pattern>(frame.prepared->is).is_in(where));
  constexpr size_t kStepsOfPattern = 200;
  if (!frame.spend(kStepsOfPattern + (view(arguments[1]).size() * 8))) return frame.exhausted();
  const auto pattern = Pattern::compile(view(arguments[1]));
  if (!pattern) return failed(pattern.error());
  return boolean(pattern->is_in(where));
}

Outcome points(Frame& frame, Arguments arguments) {
  if (!frame.spend_on_bytes(view(arguments[0]).size())) return frame.exhausted();
  return Value{static_cast<int64_t>(count_points(view(arguments[0])))};
}

Outcome octets(Frame& /*frame*/, Arguments arguments) {
  return Value{static_cast<int64_t>(arguments[0].as<Bytes>().view.size())};
}

constexpr auto kRows = std::to_array<FunctionRow>({
    {"contains", "string.(string) -> bool", test<[](std::string_view whole, std::string_view part) {
       return whole.find(part) != std::string_view::npos;
     }>},
    {"startsWith", "string.(string) -> bool",
     test<[](std::string_view whole, std::string_view part) { return whole.starts_with(part); }>},
    {"endsWith", "string.(string) -> bool",
     test<[](std::string_view whole, std::string_view part) { return whole.ends_with(part); }>},
    {"matches", "string.(string) -> bool", matches},
    {"matches", "(string, string) -> bool", matches},
    {"size", "(string) -> int", points},
    {"size", "string.() -> int", points},
    {"size", "(bytes) -> int", octets},
    {"size", "bytes.() -> int", octets},
});

}  // namespace

FunctionTable text_functions() { return kRows; }

}  // namespace tripline::cel
