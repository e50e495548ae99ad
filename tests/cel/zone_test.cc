// SPDX-License-Identifier: Apache-2.0
#include "cel/zone.h"

#include <gtest/gtest.h>

#include <string>

#include "cel/time.h"

namespace tripline::cel {
namespace {

int64_t at(std::string_view time) { return read_timestamp(time)->as<Timestamp>().seconds; }

// A file without changes, that ends in a rule.
std::string file_with(const std::string& rule) {
  const std::string header = std::string("TZif2") + std::string(15, '\0');
  const auto counts = [](char types, char characters) {
    return std::string(19, '\0') + types + std::string(3, '\0') + characters;
  };
  const std::string body = std::string(6, '\0') + std::string("UT\0", 3);
  return header + counts(1, 3) + body + header + counts(1, 3) + body + "\n" + rule + "\n";
}

TEST(Zone, RulesOfYearsToCome) {
  const auto zone = Zone::parse(file_with("CET-1CEST,M3.5.0,M10.5.0/3"));
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->offset_at(at("2050-03-27T00:59:59Z")), 3600);
  EXPECT_EQ(zone->offset_at(at("2050-03-27T01:00:00Z")), 7200);
  EXPECT_EQ(zone->offset_at(at("2050-10-30T00:59:59Z")), 7200);
  EXPECT_EQ(zone->offset_at(at("2050-10-30T01:00:00Z")), 3600);
}

TEST(Zone, SummerMayBeAtNewYear) {
  const auto zone = Zone::parse(file_with("AEST-10AEDT,M10.1.0,M4.1.0/3"));
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->offset_at(at("2050-01-01T00:00:00Z")), 11 * 3600);
  EXPECT_EQ(zone->offset_at(at("2050-07-01T00:00:00Z")), 10 * 3600);
  EXPECT_EQ(zone->offset_at(at("2050-12-31T23:59:59Z")), 11 * 3600);
}

TEST(Zone, OtherRules) {
  EXPECT_EQ(Zone::parse(file_with("<+0330>-3:30"))->offset_at(0), 12'600);
  const auto by_day = Zone::parse(file_with("AAA0BBB-2,J60/0,J300/0"));
  ASSERT_TRUE(by_day);
  EXPECT_EQ(by_day->offset_at(at("2024-02-29T12:00:00Z")), 0);  // not counted
  EXPECT_EQ(by_day->offset_at(at("2024-03-01T00:00:00Z")), 7200);
  EXPECT_EQ(Zone::parse(file_with("no rule"))->offset_at(0), 0);
}

TEST(Zone, FilesThatAreNone) {
  EXPECT_FALSE(Zone::parse(""));
  EXPECT_FALSE(Zone::parse("TZif"));
  const std::string whole = file_with("UTC0");
  for (size_t size = 0; size + 7 < whole.size(); ++size)
    EXPECT_FALSE(Zone::parse(whole.substr(0, size))) << size;
}

TEST(Zone, Offsets) {
  EXPECT_EQ(Zone::find("UTC")->offset_at(0), 0);
  EXPECT_EQ(Zone::find("-02:30")->offset_at(0), -9000);
  EXPECT_FALSE(Zone::find("+25:00"));
  EXPECT_FALSE(Zone::find("/etc/passwd"));
  EXPECT_FALSE(Zone::find("Europe/../Europe/Berlin"));
}

TEST(Zone, EveryDayHasItsDate) {
  for (int64_t day = days_before(1, 0, 0); day < days_before(10'000, 0, 0); day += 97) {
    const Date date = date_of(day * 86'400);
    ASSERT_EQ(days_before(date.year, date.month, date.day), day);
    ASSERT_EQ(date.day_of_week, ((day % 7) + 7 + 4) % 7);
  }
}

}  // namespace
}  // namespace tripline::cel
