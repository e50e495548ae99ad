// SPDX-License-Identifier: Apache-2.0
#include "serve/time.h"

#include <chrono>

namespace tripline {
namespace {

using namespace std::chrono;

constexpr int64_t kSecond = 1'000'000'000;

// Writes `value` in `width` digits, leading zeros included, so that it ends before `end`.
void put(char* end, uint64_t value, int width) {
  for (; width > 0; width--, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

std::string format(int64_t time, size_t digits) {
  int64_t fraction = time % kSecond < 0 ? time % kSecond + kSecond : time % kSecond;
  sys_seconds whole(seconds(time / kSecond - (time % kSecond < 0 ? 1 : 0)));
  auto day = floor<days>(whole);
  year_month_day date(day);
  hh_mm_ss clock(whole - day);
  char text[] = "0000-00-00T00:00:00.000000000";
  put(text + 4, static_cast<uint64_t>(static_cast<int>(date.year())), 4);
  put(text + 7, static_cast<unsigned>(date.month()), 2);
  put(text + 10, static_cast<unsigned>(date.day()), 2);
  put(text + 13, static_cast<uint64_t>(clock.hours().count()), 2);
  put(text + 16, static_cast<uint64_t>(clock.minutes().count()), 2);
  put(text + 19, static_cast<uint64_t>(clock.seconds().count()), 2);
  put(text + 29, static_cast<uint64_t>(fraction), 9);
  std::string line(text, digits == 0 ? 19 : 20 + digits);
  return line + 'Z';
}

}  // namespace

std::string rfc3339(int64_t time) {
  size_t digits = 9;
  if (time % kSecond == 0)
    digits = 0;
  else if (time % 1'000'000 == 0)
    digits = 3;
  else if (time % 1'000 == 0)
    digits = 6;
  return format(time, digits);
}

std::string rfc3339_nano(int64_t time) { return format(time, 9); }

}  // namespace tripline
