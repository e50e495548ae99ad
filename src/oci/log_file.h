// SPDX-License-Identifier: Apache-2.0
// The hook's log: a file to which many short-lived processes append JSON lines. A large file is renamed, and old
// ones are removed. Logging errors are ignored, because a container is waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/log_line.h"

namespace tripline::oci {

struct LogLimits {
  uint64_t largest = uint64_t{50} << 20;  // bytes
  size_t kept = 3;                        // renamed ones
  std::chrono::hours age{24 * 7};
};

class LogFile {
 public:
  LogFile(std::string path, LogLevel level, LogLimits limits = {});
  void write(const LogLine& line) const;

 private:
  void rotate() const;

  std::string path_;
  LogLevel level_;
  LogLimits limits_;
};

}  // namespace tripline::oci
