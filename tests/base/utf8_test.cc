// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace tripline {
namespace {

struct Case {
  std::string text;
  uint32_t point;
  size_t length;
};

TEST(Utf8, FirstCharacter) {
  const Case cases[] = {
      {"a", 'a', 1},
      {std::string(1, '\0'), 0, 1},
      {"\xc3\xa9", 0xe9, 2},
      {"\xe2\x82\xac", 0x20ac, 3},
      {"\xf0\x9f\x90\x9d!", 0x1f41d, 4},
      {"\xf4\x8f\xbf\xbf", 0x10ffff, 4},
      {"\x80", 0, 0},              // a continuation alone
      {"\xc0\x80", 0, 0},          // overlong
      {"\xe0\x80\x80", 0, 0},      // overlong
      {"\xf0\x80\x80\x80", 0, 0},  // overlong
      {"\xed\xa0\x80", 0, 0},      // a surrogate
      {"\xf4\x90\x80\x80", 0, 0},  // above U+10FFFF
      {"\xf5\x80\x80\x80", 0, 0},  // no lead byte
      {"\xe2\x82", 0, 0},          // cut
      {"\xe2"
       "b\xac",
       0, 0},  // broken
      {"\xff", 0, 0},
  };
  for (const Case& each : cases) {
    const Character character = first_character(each.text);
    EXPECT_EQ(character.point, each.point) << each.text;
    EXPECT_EQ(character.length, each.length) << each.text;
  }
}

}  // namespace
}  // namespace tripline
