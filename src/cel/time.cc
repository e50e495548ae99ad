// SPDX-License-Identifier: Apache-2.0
#include "cel/time.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

namespace tripline::cel {
namespace {

constexpr int64_t kSecond = 1'000'000'000;  // nanoseconds
constexpr int64_t kDay = 86'400;            // seconds
constexpr int64_t kFirst = -62'135'596'800;
constexpr int64_t kLast = 253'402'300'799;

int64_t floor_divide(int64_t value, int64_t by) { return (value / by) - (value % by < 0 ? 1 : 0); }

bool is_leap(int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

constexpr std::array<int, 12> kDaysBefore{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
constexpr std::array<int, 12> kDaysIn{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Exactly so many digits.
  bool digits(size_t count, int& out) {
    out = 0;
    for (size_t at = 0; at < count; ++at, rest_.remove_prefix(1)) {
      if (!at_digit()) return false;
      out = (out * 10) + (rest_[0] - '0');
    }
    return true;
  }
  bool one_of(std::string_view letters, char& out) {
    if (rest_.empty() || letters.find(rest_[0]) == std::string_view::npos) return false;
    out = rest_[0];
    rest_.remove_prefix(1);
    return true;
  }
  bool letter(char expected) {
    char ignored = 0;
    return one_of({&expected, 1}, ignored);
  }
  // Digits after a point, as nanoseconds; what is finer is cut off.
  bool fraction(int64_t& nanos) {
    nanos = 0;
    if (!letter('.')) return true;
    if (!at_digit()) return false;
    int64_t unit = kSecond / 10;
    for (; at_digit(); rest_.remove_prefix(1), unit /= 10) nanos += unit * (rest_[0] - '0');
    return true;
  }
  [[nodiscard]] bool done() const { return rest_.empty(); }

 private:
  [[nodiscard]] bool at_digit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }
  std::string_view rest_;
};

std::unexpected<std::string> bad(std::string_view what, std::string_view text) {
  constexpr size_t kShown = 100;
  return failed("invalid " + std::string(what) + ": \"" + std::string(text.substr(0, kShown)) + '"');
}

std::string fraction_text(int64_t nanos) {
  if (nanos == 0) return {};
  std::array<char, 16> buffer{};
  (void)std::snprintf(buffer.data(), buffer.size(), ".%09d", static_cast<int>(nanos));
  std::string out(buffer.data());
  out.erase(out.find_last_not_of('0') + 1);
  return out;
}

struct Unit {
  std::string_view name;
  int64_t nanos;
};
// Longer names first.
constexpr auto kUnits = std::to_array<Unit>({{"ns", 1},
                                             {"us", 1'000},
                                             {"\u00b5s", 1'000},
                                             {"\u03bcs", 1'000},
                                             {"ms", 1'000'000},
                                             {"s", kSecond},
                                             {"m", 60 * kSecond},
                                             {"h", 3600 * kSecond}});

using Wide = __int128;

// A number with its unit; absent when there is none.
std::optional<Wide> take_amount(std::string_view& rest) {
  const size_t whole_end = std::min(rest.find_first_not_of("0123456789"), rest.size());
  std::string_view whole = rest.substr(0, whole_end);
  rest.remove_prefix(whole_end);
  std::string_view parts;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const size_t end = std::min(rest.find_first_not_of("0123456789"), rest.size());
    parts = rest.substr(0, end);
    rest.remove_prefix(end);
  }
  if (whole.empty() && parts.empty()) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (!rest.starts_with(unit.name)) continue;
    rest.remove_prefix(unit.name.size());
    constexpr size_t kDigits = 19;
    while (whole.starts_with('0')) whole.remove_prefix(1);
    if (whole.size() > kDigits) return Wide{INT64_MAX} * 2;
    Wide out = 0;
    for (const char digit : whole) out = (out * 10) + (digit - '0');
    out *= unit.nanos;
    Wide scale = unit.nanos;
    Wide fraction = 0;
    Wide divisor = 1;
    for (size_t at = 0; at < parts.size() && at < kDigits - 1; ++at, divisor *= 10)
      fraction = (fraction * 10) + (parts[at] - '0');
    return out + (fraction * scale / divisor);
  }
  return std::nullopt;
}

}  // namespace

Outcome make_timestamp(int64_t seconds, int64_t nanos) {
  if (seconds < kFirst || seconds > kLast) return failed("range error: a timestamp out of range");
  return Value{Timestamp{seconds, static_cast<int32_t>(nanos)}};
}

Outcome make_duration(int64_t seconds, int64_t nanos) {
  const Wide all = (Wide{seconds} * kSecond) + nanos;
  if (all < INT64_MIN || all > INT64_MAX) return failed("range error: a duration out of range");
  return Value{Duration{static_cast<int64_t>(all)}};
}

Outcome read_timestamp(std::string_view text) {
  Reader reader(text);
  Date date;
  int year = 0;
  int64_t nanos = 0;
  char zone = 0;
  int hours = 0;
  int minutes = 0;
  if (!reader.digits(4, year) || !reader.letter('-') || !reader.digits(2, date.month) ||
      !reader.letter('-') || !reader.digits(2, date.day) || !reader.letter('T') ||
      !reader.digits(2, date.hours) || !reader.letter(':') || !reader.digits(2, date.minutes) ||
      !reader.letter(':') || !reader.digits(2, date.seconds) || !reader.fraction(nanos) ||
      !reader.one_of("Z+-", zone))
    return bad("timestamp", text);
  if (zone != 'Z' && (!reader.digits(2, hours) || !reader.letter(':') || !reader.digits(2, minutes)))
    return bad("timestamp", text);
  if (!reader.done() || date.month < 1 || date.month > 12 || date.hours > 23 || date.minutes > 59 ||
      date.seconds > 59 || hours > 23 || minutes > 59)
    return bad("timestamp", text);
  const int days = kDaysIn[static_cast<size_t>(date.month - 1)] + (date.month == 2 && is_leap(year) ? 1 : 0);
  if (date.day < 1 || date.day > days) return bad("timestamp", text);
  const int64_t offset = ((hours * 60) + minutes) * (zone == '-' ? -60 : 60);
  const int64_t seconds = (days_before(year, date.month - 1, date.day - 1) * kDay) + (date.hours * 3600) +
                          (date.minutes * 60) + date.seconds - offset;
  return make_timestamp(seconds, nanos);
}

Outcome read_duration(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Value{Duration{}};
  if (rest.empty()) return bad("duration", text);
  Wide all = 0;
  while (!rest.empty()) {
    const std::optional<Wide> amount = take_amount(rest);
    if (!amount) return bad("duration", text);
    all += *amount;
    if (all > Wide{INT64_MAX} + 1) return failed("range error: a duration out of range");
  }
  if (negative) all = -all;
  if (all > INT64_MAX) return failed("range error: a duration out of range");
  return Value{Duration{static_cast<int64_t>(all)}};
}

std::string to_text(const Timestamp& time) {
  const Date date = date_of(time.seconds);
  std::array<char, 40> buffer{};
  (void)std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d",
                      static_cast<int>(date.year), date.month + 1, date.day + 1, date.hours, date.minutes,
                      date.seconds);
  return buffer.data() + fraction_text(time.nanos) + "Z";
}

std::string to_text(const Duration& duration) {
  const bool negative = duration.nanos < 0;
  const uint64_t nanos =
      negative ? -static_cast<uint64_t>(duration.nanos) : static_cast<uint64_t>(duration.nanos);
  return (negative ? "-" : "") + std::to_string(nanos / kSecond) +
         fraction_text(static_cast<int64_t>(nanos % kSecond)) + "s";
}

Outcome add(const Timestamp& time, const Duration& duration) {
  const int64_t nanos = time.nanos + (duration.nanos % kSecond);
  const int64_t carry = floor_divide(nanos, kSecond);
  return make_timestamp(time.seconds + (duration.nanos / kSecond) + carry, nanos - (carry * kSecond));
}

Outcome subtract(const Timestamp& time, const Duration& duration) {
  const int64_t nanos = time.nanos - (duration.nanos % kSecond);
  const int64_t carry = floor_divide(nanos, kSecond);
  return make_timestamp(time.seconds - (duration.nanos / kSecond) + carry, nanos - (carry * kSecond));
}

Outcome between(const Timestamp& from, const Timestamp& to) {
  return make_duration(to.seconds - from.seconds, to.nanos - from.nanos);
}

int64_t days_before(int64_t year, int month, int day) {
  const int64_t before = year - 1;
  const int64_t leap_days = floor_divide(before, 4) - floor_divide(before, 100) + floor_divide(before, 400);
  constexpr int64_t kDaysTo1970 = 719'162;
  return (before * 365) + leap_days + kDaysBefore[static_cast<size_t>(month)] +
         (month > 1 && is_leap(year) ? 1 : 0) + day - kDaysTo1970;
}

Date date_of(int64_t seconds) {
  const int64_t days = floor_divide(seconds, kDay);
  const int64_t rest = seconds - (days * kDay);
  Date out;
  // 400 years have 146,097 days; the guess is never too late.
  out.year = 1970 + floor_divide(days * 400, 146'097);
  while (days_before(out.year, 0, 0) > days) --out.year;
  while (days_before(out.year + 1, 0, 0) <= days) ++out.year;
  out.day_of_year = static_cast<int>(days - days_before(out.year, 0, 0));
  while (out.month < 11 && days_before(out.year, out.month + 1, 0) <= days) ++out.month;
  out.day = static_cast<int>(days - days_before(out.year, out.month, 0));
  constexpr int64_t kThursday = 4;
  out.day_of_week = static_cast<int>(((days % 7) + 7 + kThursday) % 7);
  out.hours = static_cast<int>(rest / 3600);
  out.minutes = static_cast<int>(rest / 60 % 60);
  out.seconds = static_cast<int>(rest % 60);
  return out;
}

}  // namespace tripline::cel
