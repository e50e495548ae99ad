// SPDX-License-Identifier: Apache-2.0
#include "flags/duration.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "base/go_text.h"

namespace tripline::flags {
namespace {

struct Unit {
  std::string_view name;
  uint64_t nanoseconds;
};
constexpr auto kUnits = std::to_array<Unit>({
    {"ns", 1},
    {"us", 1'000},
    {"\u00b5s", 1'000},  // the micro sign
    {"\u03bcs", 1'000},  // the Greek letter
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
});

// The magnitude of the lowest value: it has no positive counterpart.
constexpr uint64_t kMost = uint64_t{1} << 63;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits that `text` begins with. Absent: too large.
std::optional<uint64_t> take_whole(std::string_view& text) {
  uint64_t value = 0;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    if (value > kMost / 10) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(text[0] - '0');
    if (value > kMost) return std::nullopt;
  }
  return value;
}

struct Fraction {
  uint64_t value = 0;
  double scale = 1;
};

// Takes the digits behind a point; those that are too many change nothing.
Fraction take_fraction(std::string_view& text) {
  Fraction fraction;
  bool full = false;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    full = full || fraction.value > (kMost - 10) / 10;
    if (full) continue;
    fraction.value = fraction.value * 10 + static_cast<uint64_t>(text[0] - '0');
    fraction.scale *= 10;
  }
  return fraction;
}

std::string_view take_unit(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && text[end] != '.' && !is_digit(text[end])) ++end;
  const std::string_view unit = text.substr(0, end);
  text.remove_prefix(end);
  return unit;
}

// `value` with a point before its last `places` digits, without zeros at the end.
std::string pointed(uint64_t value, unsigned places) {
  std::string fraction;
  for (unsigned at = 0; at < places; ++at, value /= 10) {
    const char digit = static_cast<char>('0' + value % 10);
    if (digit != '0' || !fraction.empty()) fraction.insert(fraction.begin(), digit);
  }
  return std::to_string(value) + (fraction.empty() ? "" : "." + fraction);
}

}  // namespace

std::expected<Duration, std::string> parse_duration(std::string_view text) {
  const auto refuse = [&](const std::string& what) { return std::unexpected("time: " + what); };
  const std::string invalid = "invalid duration " + go_quoted(text);
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Duration{0};
  if (rest.empty()) return refuse(invalid);

  uint64_t total = 0;
  while (!rest.empty()) {
    if (rest[0] != '.' && !is_digit(rest[0])) return refuse(invalid);
    const size_t before = rest.size();
    const std::optional<uint64_t> whole = take_whole(rest);
    if (!whole) return refuse(invalid);
    size_t digits = before - rest.size();
    Fraction fraction;
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      const size_t point = rest.size();
      fraction = take_fraction(rest);
      digits += point - rest.size();
    }
    if (digits == 0) return refuse(invalid);
    const std::string_view name = take_unit(rest);
    if (name.empty()) return refuse("missing unit in duration " + go_quoted(text));
    const auto unit = std::ranges::find(kUnits, name, &Unit::name);
    if (unit == kUnits.end())
      return refuse("unknown unit " + go_quoted(name) + " in duration " + go_quoted(text));
    if (*whole > kMost / unit->nanoseconds) return refuse(invalid);
    uint64_t value = *whole * unit->nanoseconds;
    if (fraction.value > 0) {
      value += static_cast<uint64_t>(static_cast<double>(fraction.value) *
                                     (static_cast<double>(unit->nanoseconds) / fraction.scale));
    }
    if (value > kMost || total + value > kMost) return refuse(invalid);
    total += value;
  }
  if (negative) return Duration{static_cast<int64_t>(~total + 1)};
  if (total == kMost) return refuse(invalid);
  return Duration{static_cast<int64_t>(total)};
}

std::string duration_text(Duration duration) {
  const int64_t count = duration.count();
  if (count == 0) return "0s";
  const std::string sign = count < 0 ? "-" : "";
  const uint64_t value = count < 0 ? ~static_cast<uint64_t>(count) + 1 : static_cast<uint64_t>(count);
  if (value < 1'000) return sign + std::to_string(value) + "ns";
  if (value < 1'000'000) return sign + pointed(value, 3) + "\u00b5s";
  if (value < 1'000'000'000) return sign + pointed(value, 6) + "ms";
  const uint64_t minutes = value / 60'000'000'000;
  const std::string seconds = pointed(value % 60'000'000'000, 9) + "s";
  if (minutes == 0) return sign + seconds;
  if (minutes < 60) return sign + std::to_string(minutes) + "m" + seconds;
  return sign + std::to_string(minutes / 60) + "h" + std::to_string(minutes % 60) + "m" + seconds;
}

}  // namespace tripline::flags
