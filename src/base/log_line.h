// SPDX-License-Identifier: Apache-2.0
// A line of the log before anything is written: rooms that never print hand such lines to their caller.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripline {

enum class LogLevel { kTrace, kDebug, kInfo, kWarning, kError, kFatal, kPanic };

struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields = {};

  // level=error msg="Failed to do it" path=/etc/x error="no such file": values are quoted when they need to be.
  [[nodiscard]] std::string text() const;

  bool operator==(const LogLine&) const = default;
};

// As log lines name it: "warn".
[[nodiscard]] std::string_view level_name(LogLevel level);

}  // namespace tripline
