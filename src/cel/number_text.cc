// SPDX-License-Identifier: Apache-2.0
#include "cel/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace tripline::cel {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& each : out)
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each + ('a' - 'A'));
  return out;
}

template <typename T>
std::optional<T> read(std::string_view text) {
  T out{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

std::string to_text(double value, Exponents exponents) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::array<char, 400> buffer{};
  const auto write = [&](std::chars_format format) {
    return std::string_view(buffer.data(),
                            std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr);
  };
  const std::string_view scientific = write(std::chars_format::scientific);
  const auto exponent = read<int>(
      scientific.substr(scientific.find('e') + (scientific.find("e+") == std::string_view::npos ? 1 : 2)));
  if (value != 0 && (*exponent < exponents.least || *exponent >= exponents.most))
    return std::string(scientific);
  std::string digits(scientific.substr(0, scientific.find('e')));
  std::erase(digits, '.');
  const size_t before_point = static_cast<size_t>(std::max(*exponent + 1, 0)) + (value < 0 ? 1 : 0);
  // The rest of the digits of a large number is not needed to read it back.
  if (digits.size() <= before_point) return digits.append(before_point - digits.size(), '0');
  return std::string(write(std::chars_format::fixed));
}

std::string converted_text(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  constexpr int kMillion = 6;
  return to_text(value, {.most = kMillion});
}

std::optional<double> read_double(std::string_view text) {
  std::string word = lower(text);
  const bool negative = word.starts_with('-');
  if (negative || word.starts_with('+')) word.erase(0, 1);
  if (word == "nan") return std::nan("");
  if (word == "inf" || word == "infinity") return negative ? -HUGE_VAL : HUGE_VAL;
  if (word.empty() || word.find_first_not_of("0123456789.e+-") != std::string::npos) return std::nullopt;
  double out = 0;
  const char* end = word.data() + word.size();
  const auto result = std::from_chars(word.data(), end, out);
  if (result.ptr != end || result.ec == std::errc::invalid_argument || word[0] == '-') return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    // Too large, or too small; it does not say.
    out = std::strtod(word.c_str(), nullptr);
    if (std::isinf(out)) return std::nullopt;
  }
  return negative ? -out : out;
}

std::optional<int64_t> read_int(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  return read<int64_t>(text);
}

std::optional<uint64_t> read_uint(std::string_view text) { return read<uint64_t>(text); }

std::optional<int64_t> to_int(double value) {
  // The smallest is out of range, too: a double cannot tell it from its neighbours.
  constexpr double kLimit = 9223372036854775808.0;
  if (!(value > -kLimit && value < kLimit)) return std::nullopt;
  return static_cast<int64_t>(value);
}

std::optional<uint64_t> to_uint(double value) {
  constexpr double kLimit = 18446744073709551616.0;
  if (!(value >= 0 && value < kLimit)) return std::nullopt;
  return static_cast<uint64_t>(value);
}

}  // namespace tripline::cel
