// SPDX-License-Identifier: Apache-2.0
#include "flags/value.h"

#include <gtest/gtest.h>

namespace tripline::flags {
namespace {

constexpr std::string_view kWords[] = {"text", "json"};

TEST(Value, EachTypeFromTextAndBack) {
  EXPECT_EQ(parse_value(Type::kBool, "T"), Value(true));
  EXPECT_EQ(parse_value(Type::kInt, "-5"), Value(int64_t{-5}));
  EXPECT_EQ(parse_value(Type::kUint, "5"), Value(uint64_t{5}));
  EXPECT_EQ(parse_value(Type::kDuration, "90s"), Value(Duration(std::chrono::seconds(90))));
  EXPECT_EQ(parse_value(Type::kString, "x"), Value(std::string("x")));
  EXPECT_EQ(parse_value(Type::kChoice, "json", kWords), Value(std::string("json")));
  EXPECT_EQ(value_text(*parse_value(Type::kStrings, "a,b")), "[a,b]");
  EXPECT_EQ(std::get<std::vector<std::string>>(*parse_value(Type::kTexts, "a,\"b")),
            std::vector<std::string>{"a,\"b"});
  EXPECT_EQ(value_text(*parse_value(Type::kChoices, "text", kWords)), "[text]");
  EXPECT_EQ(value_text(*parse_value(Type::kDuration, "90s")), "1m30s");
}

TEST(Value, AWordThatIsNoneOfThem) {
  EXPECT_EQ(parse_value(Type::kChoice, "xml", kWords).error(),
            "invalid argument xml, please provide one of (text, json)");
  EXPECT_FALSE(parse_value(Type::kChoices, "text,json", kWords));
}

}  // namespace
}  // namespace tripline::flags
