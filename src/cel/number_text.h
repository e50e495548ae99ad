// SPDX-License-Identifier: Apache-2.0
// Numbers as texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripline::cel {

// The shortest text that is read back as the same number, with an exponent below 1e-4 and from 1e+21 on (`least` and
// `most`, powers of ten). Also "NaN", "Infinity" and "-Infinity".
struct Exponents {
  int least = -4;
  int most = 21;
};
[[nodiscard]] std::string to_text(double value, Exponents exponents = {});

// What string() makes of it: "1e+06", "+Inf".
[[nodiscard]] std::string converted_text(double value);

// All of the text: "1.5", "-1e3", "NaN", "inf". Absent when it is none, or too large.
[[nodiscard]] std::optional<double> read_double(std::string_view text);

// Digits with an optional sign.
[[nodiscard]] std::optional<int64_t> read_int(std::string_view text);
[[nodiscard]] std::optional<uint64_t> read_uint(std::string_view text);

// Of a double whose fraction is cut off; absent out of range.
[[nodiscard]] std::optional<int64_t> to_int(double value);
[[nodiscard]] std::optional<uint64_t> to_uint(double value);

}  // namespace tripline::cel
