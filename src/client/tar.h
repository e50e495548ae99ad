// SPDX-License-Identifier: Apache-2.0
// A tar archive, compressed by gzip, in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tripline {

class TarArchive {
 public:
  // `time`: of all its files, in seconds since 1970.
  explicit TarArchive(int64_t time) : time_(time) {}

  // Names longer than 100 bytes are cut at the front.
  void add(std::string_view name, std::string_view content);
  // The whole archive; empty when it could not be compressed.
  [[nodiscard]] std::string compressed() const;

 private:
  int64_t time_;
  std::string bytes_;
};

}  // namespace tripline
