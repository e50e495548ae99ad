// SPDX-License-Identifier: Apache-2.0
#include "base/source.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Source, LinesCountFromOne) {
  const Source source{"x", "first\r\nsecond\n\nlast"};
  EXPECT_EQ(source.line(1), "first");
  EXPECT_EQ(source.line(2), "second");
  EXPECT_EQ(source.line(3), "");
  EXPECT_EQ(source.line(4), "last");
}

TEST(Source, LinesThatAreNotThereAreEmpty) {
  const Source source{"x", "only\n"};
  EXPECT_EQ(source.line(0), "");
  EXPECT_EQ(source.line(-7), "");
  EXPECT_EQ(source.line(2), "");
  EXPECT_EQ(source.line(900), "");
}

TEST(Source, PlaceIsNoPartOfEquality) {
  EXPECT_EQ((Located<int>{1, {1, 1, 1}}), (Located<int>{1, {9, 9, 9}}));
  EXPECT_FALSE((Located<int>{1, {}} == Located<int>{2, {}}));
}

}  // namespace
}  // namespace tripline
