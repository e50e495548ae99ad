// SPDX-License-Identifier: Apache-2.0
// Lengths of time as Go writes them: "1h30m", "1.5s", "300ms". Days there are none.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

namespace tripline::flags {

using Duration = std::chrono::nanoseconds;

// The error is the whole sentence: `time: unknown unit "x" in duration "5x"`.
[[nodiscard]] std::expected<Duration, std::string> parse_duration(std::string_view text);

// The shortest form with all units from the largest: 1h0m0s, 2m30s, 1.5s, 20ms, 0s.
[[nodiscard]] std::string duration_text(Duration duration);

}  // namespace tripline::flags
