// SPDX-License-Identifier: Apache-2.0
// Points in time, of the years 1 to 9999, and durations, of at most 292 years.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cel/value.h"

namespace tripline::cel {

[[nodiscard]] Outcome make_timestamp(int64_t seconds, int64_t nanos);  // nanos: 0 to 999,999,999
[[nodiscard]] Outcome make_duration(int64_t seconds, int64_t nanos);

// "2009-02-13T23:31:30.5+01:00".
[[nodiscard]] Outcome read_timestamp(std::string_view text);
// "1h30m", "-1.5s"; units: h, m, s, ms, us, ns.
[[nodiscard]] Outcome read_duration(std::string_view text);

[[nodiscard]] std::string to_text(const Timestamp& time);     // in UTC
[[nodiscard]] std::string to_text(const Duration& duration);  // in seconds

[[nodiscard]] Outcome add(const Timestamp& time, const Duration& duration);
[[nodiscard]] Outcome subtract(const Timestamp& time, const Duration& duration);
[[nodiscard]] Outcome between(const Timestamp& from, const Timestamp& to);

struct Date {
  int64_t year = 0;
  int month = 0;        // 0 to 11
  int day = 0;          // of the month, from 0
  int day_of_year = 0;  // from 0
  int day_of_week = 0;  // 0: Sunday
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
};

// Of seconds since 1970, in UTC.
[[nodiscard]] Date date_of(int64_t seconds);
[[nodiscard]] int64_t days_before(int64_t year, int month, int day);  // since 1970; all as in Date

}  // namespace tripline::cel
