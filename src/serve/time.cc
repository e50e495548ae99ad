// SPDX-License-Identifier: Apache-2.0
#include "serve/time.h"

#include <ctime>
#include <utility>

namespace tripline {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

std::pair<int64_t, int64_t> split(int64_t time) {
  int64_t seconds = time / kSecond;
  int64_t fraction = time % kSecond;
  return fraction < 0 ? std::pair{seconds - 1, fraction + kSecond} : std::pair{seconds, fraction};
}

std::string format(int64_t time, size_t digits) {
  auto [seconds, fraction] = split(time);
  time_t whole = seconds;
  tm civil{};
  gmtime_r(&whole, &civil);
  char text[40];
  std::string line(text, strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &civil));
  if (digits > 0) line += '.' + std::to_string(kSecond + fraction).substr(1, digits);
  return line + 'Z';
}

}  // namespace

std::string rfc3339(int64_t time) {
  int64_t fraction = split(time).second;
  size_t digits = 9;
  if (fraction == 0)
    digits = 0;
  else if (fraction % 1'000'000 == 0)
    digits = 3;
  else if (fraction % 1'000 == 0)
    digits = 6;
  return format(time, digits);
}

std::string rfc3339_nano(int64_t time) { return format(time, 9); }

}  // namespace tripline
