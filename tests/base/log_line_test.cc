// SPDX-License-Identifier: Apache-2.0
#include "base/log_line.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(LogLine, ValuesAreQuotedWhenTheyNeedToBe) {
  EXPECT_EQ(
      (LogLine{LogLevel::kError,
               "Failed to read config from directory",
               {{"config-dir", "/nonexistent"}, {"error", "stat /nonexistent: no such file or directory"}}})
          .text(),
      "level=error msg=\"Failed to read config from directory\" config-dir=/nonexistent "
      "error=\"stat /nonexistent: no such file or directory\"");
  EXPECT_EQ(
      (LogLine{LogLevel::kWarning, "short", {{"a", ""}, {"b", "x=y"}, {"c", "\"q\""}, {"d", "\u00e9\\"}}})
          .text(),
      R"(level=warn msg=short a="" b="x=y" c="\"q\"" d=é\)");
}

}  // namespace
}  // namespace tripline
