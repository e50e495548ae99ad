// SPDX-License-Identifier: Apache-2.0
#include "flags/quote.h"

#include <gtest/gtest.h>

namespace tripline::flags {
namespace {

TEST(Quote, AsALiteralOfGo) {
  EXPECT_EQ(quoted(""), R"("")");
  EXPECT_EQ(quoted(R"(a "b" \ c)"), R"("a \"b\" \\ c")");
  EXPECT_EQ(quoted("\n\t\x01\x7f"), R"("\n\t\x01\x7f")");
  EXPECT_EQ(quoted("\u00e9\u20ac"), "\"\u00e9\u20ac\"");
  EXPECT_EQ(quoted("\xff"), R"("\xff")");
  EXPECT_EQ(quoted("\xc2\x85"), R"("\u0085")");
}

}  // namespace
}  // namespace tripline::flags
