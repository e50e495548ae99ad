// SPDX-License-Identifier: Apache-2.0
// The daemon's log: lines on standard output, and in a file besides when one is named. From any thread.
#pragma once

#include <memory>
#include <string>

#include "base/log_line.h"
#include "base/result.h"

namespace spdlog {
class logger;
}

namespace tripline {

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  bool json = false;
  std::string file;  // empty: none
};

class Log {
 public:
  static Result<Log> open(const LogOptions& options);

  void write(const LogLine& line) const;
  [[nodiscard]] LogLevel level() const;
  void set_level(LogLevel level) const;

 private:
  Log(std::shared_ptr<spdlog::logger> logger, bool json) : logger_(std::move(logger)), json_(json) {}

  std::shared_ptr<spdlog::logger> logger_;
  bool json_ = false;
};

// {"time":"2026-01-31T12:00:00.123456789Z","level":"info","msg":"it is done","key":"value"}
[[nodiscard]] std::string json_text(const LogLine& line, int64_t time);

}  // namespace tripline
