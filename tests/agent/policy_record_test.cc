// SPDX-License-Identifier: Apache-2.0
#include "agent/policy_record.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

std::string refusal(std::string_view text) {
  const auto record = read_record(text);
  return record ? "" : record.error();
}

TEST(PolicyRecord, IsLaidOutAsItAlwaysWas) {
  EXPECT_EQ(record_text({"# <a> & \"b\"\nx: 'ä'\t\\\x01\n", true}),
            "{\n  \"yaml\": \"# \\u003ca\\u003e \\u0026 \\\"b\\\"\\nx: 'ä'\\t\\\\\\u0001\\n\",\n  "
            "\"enabled\": true\n}\n");
  EXPECT_EQ(record_text({}), "{\n  \"yaml\": \"\",\n  \"enabled\": false\n}\n");
}

TEST(PolicyRecord, WhatIsWrittenIsReadBack) {
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  for (const std::string& text : {std::string(), all, std::string("ä€😀\u2028"), std::string("\0x", 2)}) {
    const PolicyRecord record{text, true};
    EXPECT_EQ(read_record(record_text(record)), record);
  }
}

TEST(PolicyRecord, OthersWroteOtherRecords) {
  EXPECT_EQ(read_record("{}"), (PolicyRecord{"", false}));
  EXPECT_EQ(read_record(" null\n"), (PolicyRecord{"", false}));
  EXPECT_EQ(
      read_record(R"({"Enabled":true,"more":[1,-2.5e3,{"a":null}],"YAML":"a\u00e4\ud83d\ude00\ud800\/"})"),
      (PolicyRecord{"aä😀\ufffd/", true}));
}

TEST(PolicyRecord, EveryTruncationIsRefused) {
  const std::string whole = R"({"yaml":"a\u00e4\n","enabled":true,"n":-1.5e+3,"l":[1,{}]})";
  ASSERT_TRUE(read_record(whole));
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(refusal(whole.substr(0, size)), "unexpected end of JSON input") << size;
}

TEST(PolicyRecord, SaysWhatIsWrong) {
  EXPECT_EQ(refusal("junk"), "invalid character 'j' looking for beginning of value");
  EXPECT_EQ(refusal("{} x"), "invalid character 'x' after top-level value");
  EXPECT_EQ(refusal("{a"), "invalid character 'a' looking for beginning of object key string");
  EXPECT_EQ(refusal("{\"a\" 1}"), "invalid character '1' after object key");
  EXPECT_EQ(refusal("{\"a\":1 2}"), "invalid character '2' after object key:value pair");
  EXPECT_EQ(refusal("{\"a\":1,}"), "invalid character '}' looking for beginning of object key string");
  EXPECT_EQ(refusal("[1 2]"), "invalid character '2' after array element");
  EXPECT_EQ(refusal("{\"a\":tru3}"), "invalid character '3' in literal true (expecting 'e')");
  EXPECT_EQ(refusal("{\"a\":-x}"), "invalid character 'x' in numeric literal");
  EXPECT_EQ(refusal("{\"a\":1.x}"), "invalid character 'x' after decimal point in numeric literal");
  EXPECT_EQ(refusal("{\"a\":\"\n\"}"), "invalid character '\\n' in string literal");
  EXPECT_EQ(refusal("{\"a\":\"\\x\"}"), "invalid character 'x' in string escape code");
  EXPECT_EQ(refusal("{\"a\":\"\\u00g0\"}"), "invalid character 'g' in \\u hexadecimal character escape");
  EXPECT_EQ(refusal("'"), "invalid character '\\'' looking for beginning of value");
  EXPECT_EQ(refusal(std::string(5000, '[')), "exceeded max depth");
  EXPECT_NE(refusal("[]"), "");
  EXPECT_NE(refusal("{\"yaml\":1}"), "");
  EXPECT_NE(refusal("{\"enabled\":\"yes\"}"), "");
}

TEST(PolicyRecord, AFileIsNamedByItsPolicy) {
  EXPECT_EQ(record_file({"grpc", "", "seeks"}), "seeks::grpc.json");
  EXPECT_EQ(named_by("seeks::grpc.json"), (PolicyName{"grpc", "", "seeks"}));
  EXPECT_EQ(named_by("a:b:c:d.json"), (PolicyName{"c:d", "b", "a"}));
  EXPECT_FALSE(named_by("seeks.json"));
  EXPECT_FALSE(named_by("a:b.json"));
  EXPECT_FALSE(named_by("a:b:c"));
}

}  // namespace
}  // namespace tripline
