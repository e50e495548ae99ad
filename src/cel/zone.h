// SPDX-License-Identifier: Apache-2.0
// Time zones: "UTC", an offset as "-02:30", or a name that the system's zoneinfo folder has a file for.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripline::cel {

// When summer time begins or ends, every year.
struct YearlyChange {
  enum class Kind : uint8_t { kWeekday, kDay, kDayWithoutLeap };
  Kind kind = Kind::kDay;
  int month = 0;    // of kWeekday, from 0
  int week = 0;     // of kWeekday: 1 to 5, the last one
  int day = 0;      // of the week, 0 is Sunday; or of the year, from 0
  int seconds = 0;  // after midnight, local time before the change
};

struct YearlyRule {
  int32_t standard = 0;  // seconds east of Greenwich
  int32_t summer = 0;
  std::optional<std::pair<YearlyChange, YearlyChange>> changes;  // to summer time, and back
};

class Zone {
 public:
  static std::expected<Zone, std::string> find(std::string_view name);
  // Of the bytes of a zoneinfo file.
  static std::optional<Zone> parse(std::string_view file);

  // Seconds east of Greenwich at a time, in seconds since 1970.
  [[nodiscard]] int32_t offset_at(int64_t time) const;

 private:
  int32_t before_ = 0;                                // before the first change
  std::vector<std::pair<int64_t, int32_t>> changes_;  // in order: when, and the offset from then on
  std::optional<YearlyRule> rule_;                    // after the last change
};

}  // namespace tripline::cel
