// SPDX-License-Identifier: Apache-2.0
#include "flags/csv.h"

#include <gtest/gtest.h>

namespace tripline::flags {
namespace {

using List = std::vector<std::string>;

TEST(Csv, Reads) {
  EXPECT_EQ(parse_csv(""), List{});
  EXPECT_EQ(parse_csv("a"), List{"a"});
  EXPECT_EQ(parse_csv("a,b"), (List{"a", "b"}));
  EXPECT_EQ(parse_csv("a,"), (List{"a", ""}));
  EXPECT_EQ(parse_csv(" a, b "), (List{" a", " b "}));
  EXPECT_EQ(parse_csv(R"("a,b",c)"), (List{"a,b", "c"}));
  EXPECT_EQ(parse_csv(R"("a ""quoted"" b")"), List{R"(a "quoted" b)"});
}

TEST(Csv, Refuses) {
  EXPECT_EQ(parse_csv(R"(process.pid == "1")").error(),
            R"(parse error on line 1, column 16: bare " in non-quoted-field)");
  EXPECT_EQ(parse_csv(R"("a"b)").error(),
            R"(parse error on line 1, column 3: extraneous or missing " in quoted-field)");
  EXPECT_EQ(parse_csv(R"("a)").error(),
            R"(parse error on line 1, column 3: extraneous or missing " in quoted-field)");
}

TEST(Csv, WhatIsWrittenIsReadBack) {
  for (const List& list : {List{"a"}, List{"a", "b,c", "d\"e"}, List{" x", "y "}})
    EXPECT_EQ(parse_csv(csv_text(list)), list);
}

}  // namespace
}  // namespace tripline::flags
