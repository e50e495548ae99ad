// SPDX-License-Identifier: Apache-2.0
#include "kube/items.h"

#include <gtest/gtest.h>

namespace tripline::kube {
namespace {

using Texts = std::vector<std::string>;

TakeText into(Texts& out) {
  return [&out](std::string_view text) {
    out.emplace_back(text);
    return true;
  };
}

TEST(Lines, ComeOutWhole) {
  const std::string text = "{\"a\":1}\n\n{\"b\":\"\xc3\xa4\"}\nrest";
  for (size_t size = 1; size <= text.size(); ++size) {
    Lines lines(100);
    Texts out;
    for (size_t at = 0; at < text.size(); at += size)
      ASSERT_TRUE(lines.add(std::string_view(text).substr(at, size), into(out)));
    EXPECT_EQ(out, (Texts{"{\"a\":1}", "{\"b\":\"\xc3\xa4\"}"})) << size;
    EXPECT_TRUE(lines.is_cut());
    EXPECT_FALSE(lines.is_too_long());
  }
}

TEST(Lines, EndAtOneThatIsTooLong) {
  for (const size_t size : {1U, 7U, 4000U}) {
    Lines lines(1000);
    Texts out;
    size_t taken = 0;
    while (taken < 100'000 && lines.add(std::string(size, 'x'), into(out))) taken += size;
    EXPECT_LE(taken, 1000U);
    EXPECT_TRUE(lines.is_too_long());
    EXPECT_TRUE(out.empty());
  }
}

TEST(Lines, EndWhenToldSo) {
  Lines lines(100);
  int count = 0;
  EXPECT_FALSE(lines.add("a\nb\nc\n", [&](std::string_view) { return ++count < 2; }));
  EXPECT_EQ(count, 2);
  EXPECT_FALSE(lines.is_too_long());
}

TEST(Items, AreCutOutOfAList) {
  const std::string text =
      R"({"kind":"List","x":{"items":[{"no":1}]},"metadata":{"resourceVersion":"7","a":["[","\"items\""]},)"
      R"( "items" : [ {"a":"}],[{\"\\"} , {"b":[{"c":{}}],"items":[{"d":1}]},{}], "y":[{"no":2}]})";
  for (size_t size = 1; size <= text.size(); ++size) {
    Items items(1000);
    Texts out;
    for (size_t at = 0; at < text.size(); at += size)
      ASSERT_TRUE(items.add(std::string_view(text).substr(at, size), into(out)));
    EXPECT_EQ(out, (Texts{R"({"a":"}],[{\"\\"})", R"({"b":[{"c":{}}],"items":[{"d":1}]})", "{}"})) << size;
    EXPECT_EQ(
        items.envelope(),
        R"({"kind":"List","x":{"items":[{"no":1}]},"metadata":{"resourceVersion":"7","a":["[","\"items\""]},)"
        R"( "items" : [], "y":[{"no":2}]})");
  }
}

TEST(Items, NoneOfAnEmptyList) {
  for (const char* text : {R"({"items":[],"metadata":{}})", R"({"items":null,"metadata":{}})"}) {
    Items items(1000);
    Texts out;
    EXPECT_TRUE(items.add(text, into(out)));
    EXPECT_TRUE(out.empty());
    EXPECT_EQ(items.envelope(), text);
  }
}

TEST(Items, EndAtWhatIsTooLong) {
  Texts out;
  Items items(1000);
  EXPECT_FALSE(items.add("{\"items\":[{\"a\":\"" + std::string(2000, 'x'), into(out)));
  EXPECT_TRUE(items.is_too_long());
  Items around(1000);
  EXPECT_FALSE(around.add("{\"x\":\"" + std::string(100'000, 'x'), into(out)));
  EXPECT_TRUE(around.is_too_long());
  Items no_objects(1000);
  EXPECT_FALSE(no_objects.add("{\"items\":[" + std::string(2000, '1'), into(out)));
  EXPECT_TRUE(out.empty());
}

TEST(Items, AnyBytesDoNoHarm) {
  uint32_t state = 1;
  constexpr std::string_view kBytes = "{}[]\",:\\ items1\n";
  for (int round = 0; round < 2000; ++round) {
    std::string text = "{\"items\":[";
    for (int n = 0; n < 60; ++n) {
      state = state * 1664525 + 1013904223;
      text += kBytes[(state >> 16) % kBytes.size()];
    }
    Items items(40);
    Texts out;
    (void)items.add(text, into(out));
    for (const std::string& each : out) EXPECT_LE(each.size(), 40U);
  }
}

}  // namespace
}  // namespace tripline::kube
