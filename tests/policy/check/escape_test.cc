// SPDX-License-Identifier: Apache-2.0
#include "policy/check/escape.h"

#include <gtest/gtest.h>

namespace tripline::policy {
namespace {

TEST(Escape, AsInsideAGoString) {
  EXPECT_EQ(escape(""), "");
  EXPECT_EQ(escape("plain text, it's ~fine~"), "plain text, it's ~fine~");
  EXPECT_EQ(escape("say \"hi\" \\o/"), R"(say \"hi\" \\o/)");
  EXPECT_EQ(escape("\a\b\f\n\r\t\v"), R"(\a\b\f\n\r\t\v)");
  EXPECT_EQ(escape(std::string_view("\0\x01\x1f\x7f", 4)), R"(\x00\x01\x1f\x7f)");
  EXPECT_EQ(escape("caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x90\x9d"), "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x90\x9d");
}

TEST(Escape, WhatDoesNotPrint) {
  EXPECT_EQ(escape("\xc2\x85"), R"(\u0085)");
  EXPECT_EQ(escape("\xc2\xa0"), R"(\u00a0)");
  EXPECT_EQ(escape("\xc2\xad"), R"(\u00ad)");
  EXPECT_EQ(escape("\xe2\x80\x8b"), R"(\u200b)");
  EXPECT_EQ(escape("\xe2\x80\xa8"), R"(\u2028)");
  EXPECT_EQ(escape("\xee\x80\x80"), R"(\ue000)");
  EXPECT_EQ(escape("\xef\xbb\xbf"), R"(\ufeff)");
  EXPECT_EQ(escape("\xf3\xa0\x80\x81"), R"(\U000e0001)");
}

TEST(Escape, BytesThatAreNotUtf8) {
  EXPECT_EQ(escape("a\xff"), R"(a\xff)");
  EXPECT_EQ(escape("\xe2\x82"), R"(\xe2\x82)");
  EXPECT_EQ(escape("\xed\xa0\x80"), R"(\xed\xa0\x80)");
}

}  // namespace
}  // namespace tripline::policy
