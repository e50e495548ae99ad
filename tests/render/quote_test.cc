// SPDX-License-Identifier: Apache-2.0
#include "render/quote.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Quote, OnlyWhenNeeded) {
  EXPECT_EQ(quote_if_needed(""), "");
  EXPECT_EQ(quote_if_needed("/bin/cat"), "/bin/cat");
  EXPECT_EQ(quote_if_needed("q\"uote\\"), "q\"uote\\");
  EXPECT_EQ(quote_if_needed("é�😀"), "é�😀");
  EXPECT_EQ(quote_if_needed("a b"), "\"a b\"");
}

TEST(Quote, Escapes) {
  EXPECT_EQ(quote_if_needed("say \"hi\" \\"), R"("say \"hi\" \\")");
  EXPECT_EQ(quote_if_needed("\a\b\f\n\r\t\v"), R"("\a\b\f\n\r\t\v")");
  EXPECT_EQ(quote_if_needed("\x1b[31m\x7f"), R"("\x1b[31m\x7f")");
  EXPECT_EQ(quote_if_needed("\u00a0\u200b\u2028"), R"("\u00a0\u200b\u2028")");
  EXPECT_EQ(quote_if_needed("\U000E0001"), R"("\U000e0001")");
  EXPECT_EQ(quote_if_needed("é �"), "\"é �\"");
}

}  // namespace
}  // namespace tripline
