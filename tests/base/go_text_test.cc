// SPDX-License-Identifier: Apache-2.0
#include "base/go_text.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(GoText, ErrorsAreInLowerCase) {
  EXPECT_EQ(go_error(ENOENT), "no such file or directory");
  EXPECT_EQ(go_error(EACCES), "permission denied");
}

TEST(GoText, AsALiteralOfGo) {
  EXPECT_EQ(go_quoted(""), R"("")");
  EXPECT_EQ(go_quoted(R"(a "b" \ c)"), R"("a \"b\" \\ c")");
  EXPECT_EQ(go_quoted("\n\t\x01\x7f"), R"("\n\t\x01\x7f")");
  EXPECT_EQ(go_quoted("\u00e9\u20ac"), "\"\u00e9\u20ac\"");
  EXPECT_EQ(go_quoted("\xff"), R"("\xff")");
  EXPECT_EQ(go_quoted("\xc2\x85"), R"("\u0085")");
}

}  // namespace
}  // namespace tripline
