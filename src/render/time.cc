// SPDX-License-Identifier: Apache-2.0
#include "render/time.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace tripline {
namespace {

using namespace std::chrono;

constexpr int64_t kSecond = 1'000'000'000;
constexpr uint32_t kDay = 86'400;

// Writes `value` in `width` digits, leading zeros included, so that it ends before `end`.
void put(char* end, uint32_t value, int width) {
  for (; width > 0; width--, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

// "00" to "99", one behind the other: two digits in one store, and no division for each.
constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t n = 0; n < 100; ++n) {
    pairs[2 * n] = static_cast<char>('0' + n / 10);
    pairs[2 * n + 1] = static_cast<char>('0' + n % 10);
  }
  return pairs;
}();

void put_pair(char* to, uint32_t value) { std::memcpy(to, &kPairs[size_t{2} * value], 2); }

struct Split {
  int64_t seconds;
  uint32_t nanoseconds;
};

Split split(int64_t time) {
  Split out{time / kSecond, 0};
  if (time < out.seconds * kSecond) --out.seconds;  // before 1970
  // Unsigned: the start of the second can be below the least time there is.
  out.nanoseconds =
      static_cast<uint32_t>(static_cast<uint64_t>(time) - static_cast<uint64_t>(out.seconds) * kSecond);
  return out;
}

// How many digits of a fraction are shown.
size_t digits_of(uint32_t nanoseconds) {
  if (nanoseconds == 0) return 0;
  if (nanoseconds % 1'000'000 == 0) return 3;
  return nanoseconds % 1'000 == 0 ? 6 : 9;
}

}  // namespace

TimeText::TimeText(int64_t time, size_t fraction_digits) {
  const Split parts = split(time);
  const auto day = floor<days>(sys_seconds(seconds(parts.seconds)));
  const year_month_day date(day);
  const auto clock = static_cast<uint32_t>(parts.seconds - day.time_since_epoch().count() * int64_t{kDay});
  static constexpr char kForm[] = "0000-00-00T00:00:00.000000000";
  std::copy_n(kForm, sizeof(kForm) - 1, bytes_.begin());
  char* text = bytes_.data();
  put(text + 4, static_cast<uint32_t>(static_cast<int>(date.year())), 4);
  put(text + 7, static_cast<unsigned>(date.month()), 2);
  put(text + 10, static_cast<unsigned>(date.day()), 2);
  put(text + 13, clock / 3600, 2);
  put(text + 16, clock / 60 % 60, 2);
  put(text + 19, clock % 60, 2);
  set_fraction(parts.nanoseconds, fraction_digits);
}

void TimeText::set_fraction(uint32_t nanoseconds, size_t digits) {
  constexpr size_t kDot = 19;
  bytes_[kDot] = '.';
  char* fraction = bytes_.data() + kDot + 1;
  const uint32_t high = nanoseconds / 10'000, low = nanoseconds % 10'000;
  *fraction = static_cast<char>('0' + high / 10'000);
  put_pair(fraction + 1, high / 100 % 100);
  put_pair(fraction + 3, high % 100);
  put_pair(fraction + 5, low / 100);
  put_pair(fraction + 7, low % 100);
  size_ = digits == 0 ? kDot : kDot + 1 + digits;
  bytes_[size_++] = 'Z';
}

TimeText rfc3339(int64_t time) { return {time, digits_of(split(time).nanoseconds)}; }

std::string_view RecentTime::rfc3339(int64_t time) {
  if (time == time_) return text_;
  time_ = time;
  const Split parts = split(time);
  if (parts.seconds != second_) {
    second_ = parts.seconds;
    text_ = TimeText(time, 0);
  }
  text_.set_fraction(parts.nanoseconds, digits_of(parts.nanoseconds));
  return text_;
}

TimeText rfc3339_nano(int64_t time) { return {time, 9}; }

}  // namespace tripline
