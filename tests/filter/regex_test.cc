// SPDX-License-Identifier: Apache-2.0
#include "filter/regex.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

constexpr int64_t kMemory = 1 << 20;

TEST(Regex, SaysWhatIsWrongAsGoDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {"[", "missing closing ]: `[`"},
      {"(a", "missing closing ): `(a`"},
      {"a)", "unexpected ): `a)`"},
      {"*a", "missing argument to repetition operator: `*`"},
      {"a**", "invalid nested repetition operator: `**`"},
      {"a{2000}", "invalid repeat count: `{2000}`"},
      {"[z-a]", "invalid character class range: `z-a`"},
      {"\\8", "invalid escape sequence: `\\8`"},
      {"a\\C", "invalid escape sequence: `\\C`"},
      {"a\\", "trailing backslash at end of expression: ``"},
      {"(?P<n", "invalid named capture: `(?P<n`"},
  };
  for (const auto& [pattern, expected] : cases) {
    const auto compiled = Regex::compile(pattern, kMemory);
    ASSERT_FALSE(compiled) << pattern;
    EXPECT_EQ(compiled.error(), std::string("failed to compile regexp: error parsing regexp: ") + expected);
  }
}

TEST(Regex, IsNotAnchored) {
  const auto compiled = Regex::compile("b+", kMemory);
  ASSERT_TRUE(compiled);
  EXPECT_TRUE(compiled->is_in("abbc"));
  EXPECT_FALSE(compiled->is_in("ac"));
  EXPECT_FALSE(compiled->is_in(""));
}

TEST(Regex, FindsParts) {
  const auto compiled = Regex::compile("(a)(b)?", kMemory);
  ASSERT_TRUE(compiled);
  EXPECT_EQ(compiled->groups(), 2U);
  std::vector<Regex::Part> parts;
  ASSERT_TRUE(compiled->find("xaxab", 2, parts));
  EXPECT_EQ(std::pair(parts[0].begin, parts[0].end), std::pair(size_t{3}, size_t{5}));
  EXPECT_EQ(std::pair(parts[2].begin, parts[2].end), std::pair(size_t{4}, size_t{5}));
  ASSERT_TRUE(compiled->find("xaxab", 0, parts));
  EXPECT_GT(parts[2].begin, parts[2].end) << "took no part";
  EXPECT_FALSE(compiled->find("xaxab", 5, parts));
}

TEST(Regex, HasBoundedMemory) {
  EXPECT_FALSE(Regex::compile("((a{100}){100}){100}", kMemory));
  EXPECT_GE(memory_of_each(100'000), 32 << 10);
  EXPECT_LE(memory_of_each(0), 8 << 20);
  EXPECT_EQ(memory_of_each(64), 1 << 20);
  // States beyond what there is memory for cost time, not answers.
  const auto many = Regex::compile("(a|b)*a(a|b){12}c", 32 << 10);
  ASSERT_TRUE(many);
  std::string text;
  for (int at = 0; at < 20'000; at++) text += at * 7919 % 13 < 6 ? 'a' : 'b';
  EXPECT_FALSE(many->is_in(text));
  EXPECT_TRUE(many->is_in(text + "abbbbbbbbbbbbc"));
}

}  // namespace
}  // namespace tripline
