// SPDX-License-Identifier: Apache-2.0
// What can be asked of timestamps, in UTC or in a time zone, and of durations.
#include <array>

#include "cel/function.h"
#include "cel/prepared.h"
#include "cel/time.h"

namespace tripline::cel {
namespace {

using Part = int64_t (*)(const Date& date);

// Reading a zone from its file.
constexpr size_t kStepsOfZone = 2000;

template <Part part>
Outcome in_utc(Frame& /*frame*/, Arguments arguments) {
  return Value{part(date_of(arguments[0].as<Timestamp>().seconds))};
}

template <Part part>
Outcome in_zone(Frame& frame, Arguments arguments) {
  const int64_t seconds = arguments[0].as<Timestamp>().seconds;
  const auto of = [seconds](const Zone& zone) {
    return Value{part(date_of(seconds + zone.offset_at(seconds)))};
  };
  if (frame.prepared != nullptr) return of(std::get<Zone>(frame.prepared->is));
  if (!frame.spend(kStepsOfZone)) return frame.exhausted();
  const auto zone = Zone::find(arguments[1].as<Text>().view);
  if (!zone) return failed(zone.error());
  return of(*zone);
}

Outcome milliseconds(Frame& /*frame*/, Arguments arguments) {
  return Value{int64_t{arguments[0].as<Timestamp>().nanos / 1'000'000}};
}

// A zone may be wrong also where it makes no difference.
Outcome milliseconds_in_zone(Frame& frame, Arguments arguments) {
  if (frame.prepared == nullptr) {
    if (!frame.spend(kStepsOfZone)) return frame.exhausted();
    if (const auto zone = Zone::find(arguments[1].as<Text>().view); !zone) return failed(zone.error());
  }
  return milliseconds(frame, arguments);
}

constexpr int64_t kSecond = 1'000'000'000;

template <int64_t unit>
Outcome in_units(Frame& /*frame*/, Arguments arguments) {
  return Value{arguments[0].as<Duration>().nanos / unit};
}

Outcome milliseconds_of_second(Frame& /*frame*/, Arguments arguments) {
  return Value{arguments[0].as<Duration>().nanos / 1'000'000 % 1000};
}

#define TRIPLINE_PART(name, expression)                                                                \
  {name, "timestamp.() -> int", in_utc<[](const Date& date) -> int64_t { return expression; }>}, {     \
    name, "timestamp.(string) -> int", in_zone<[](const Date& date) -> int64_t { return expression; }> \
  }

constexpr auto kRows = std::to_array<FunctionRow>({
    TRIPLINE_PART("getFullYear", date.year),
    TRIPLINE_PART("getMonth", date.month),
    TRIPLINE_PART("getDayOfYear", date.day_of_year),
    TRIPLINE_PART("getDayOfMonth", date.day),
    TRIPLINE_PART("getDate", date.day + 1),
    TRIPLINE_PART("getDayOfWeek", date.day_of_week),
    TRIPLINE_PART("getHours", date.hours),
    TRIPLINE_PART("getMinutes", date.minutes),
    TRIPLINE_PART("getSeconds", date.seconds),
    {"getMilliseconds", "timestamp.() -> int", milliseconds},
    {"getMilliseconds", "timestamp.(string) -> int", milliseconds_in_zone},
    {"getHours", "duration.() -> int", in_units<3600 * kSecond>},
    {"getMinutes", "duration.() -> int", in_units<60 * kSecond>},
    {"getSeconds", "duration.() -> int", in_units<kSecond>},
    {"getMilliseconds", "duration.() -> int", milliseconds_of_second},
});

#undef TRIPLINE_PART

}  // namespace

FunctionTable time_functions() { return kRows; }

}  // namespace tripline::cel
